"""Runs web services as a process: they serve until asked to stop, then finish what is in flight."""

from __future__ import annotations

import asyncio
import errno
import functools
import gc
import signal
import socket
from collections.abc import Callable, Sequence

import structlog
from aiohttp import web
from yarl import URL

from shared.runtime.lifecycle import completes_before, handling_signal, stop_requested
from shared.runtime.logging import configure_logging
from shared.runtime.settings import WebSettings
from shared.runtime.startup import StartupError
from shared.web.application import create_app
from shared.web.limits import LIMITS
from shared.web.protocol import Connection
from shared.web.service import DRAINS, Service
from shared.web.staff_key import load_or_create_staff_key

BACKLOG = 1024

log = structlog.stdlib.get_logger(__name__)


def run_web_service(name: str, settings: WebSettings, services: Sequence[Service]) -> None:
    """Serve until SIGTERM; raises StartupError when the settings do not allow a start."""
    configure_logging(name, settings.log_format, settings.log_level)
    gc.freeze()  # modules are never freed: keep them out of every collection
    try:
        asyncio.run(_run(name, settings, services))
    except OSError as error:
        raise StartupError(_explained(error, settings)) from error


async def _run(name: str, settings: WebSettings, services: Sequence[Service]) -> None:
    staff_key = load_or_create_staff_key(settings.staff_key, settings.state_dir)
    app = create_app(
        services,
        title="Coffee shop",
        staff_key=staff_key,
        trusted_proxies=settings.trusted_proxies,
    )
    inherited = None if settings.listen_fd is None else socket.socket(fileno=settings.listen_fd)

    def set_broker_resets() -> None:
        for service in services:
            for broker_reset in service.broker_resets:
                broker_reset.set()

    async with (
        stop_requested(settings.lifeline_fd) as stop,
        handling_signal(signal.SIGHUP, set_broker_resets),
    ):
        await serve(
            app,
            host=settings.host,
            port=settings.port,
            sock=inherited,
            stop=stop,
            grace_seconds=settings.grace_seconds,
            on_listening=lambda url: log.info("service.listening", name=name, url=url),
        )


async def serve(
    app: web.Application,
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    sock: socket.socket | None = None,
    stop: asyncio.Event,
    grace_seconds: float,
    on_listening: Callable[[str], None],
) -> None:
    """Serve on `host` and `port`, or on `sock`, until `stop` is set.

    `on_listening` is called with the URL once connections are accepted. They are accepted after
    `stop` too, until the services' drains have returned; then streams end, and requests in flight
    have `grace_seconds`. Raises OSError when the port is not available, and what a service's
    lifespan raises at its start.
    """
    # aiohttp waits twice: for the handlers, then for those still reading a body.
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=max(grace_seconds / 2, 0.01))
    try:
        if not await completes_before(stop, runner.setup()):
            return
        listener = await _listen(runner, host, port, sock)
        try:
            on_listening(_url(listener))
            await stop.wait()
            await asyncio.gather(*(drain(app) for drain in app[DRAINS]))
        finally:
            listener.close()
    finally:
        await runner.cleanup()


async def _listen(
    runner: web.AppRunner, host: str, port: int, sock: socket.socket | None
) -> asyncio.Server:
    """Open the listener, each of its connections within the application's limits."""
    loop = asyncio.get_running_loop()
    if runner.server is None:
        raise RuntimeError("the runner is set up first")
    options = {"loop": loop, "access_log": None, "auto_decompress": False}
    connection = functools.partial(Connection, runner.server, runner.app[LIMITS], **options)
    if sock is not None:
        return await loop.create_server(connection, sock=sock, backlog=BACKLOG)
    return await loop.create_server(connection, host, port, backlog=BACKLOG)


def _url(listener: asyncio.Server) -> str:
    host, port = listener.sockets[0].getsockname()[:2]
    return str(URL.build(scheme="http", host=host, port=port))


def _explained(error: OSError, settings: WebSettings) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"Port {settings.port} is in use; name another one in COFFEE_PORT."
    return f"{error}; COFFEE_STATE_DIR names the folder of the shop's files."
