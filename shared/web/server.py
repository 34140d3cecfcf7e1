"""Runs web services as a process: they serve until asked to stop, then finish what is in flight."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import functools
import gc
import signal
import socket
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import structlog
from aiohttp import web

from shared.domain.tokens import token_digest
from shared.runtime.lifecycle import (
    completes_before,
    handling_signal,
    raise_descriptor_limit,
    stop_requested,
    watchdog_reports,
)
from shared.runtime.log_limit import LogLimit
from shared.runtime.logging import configure_logging
from shared.runtime.settings import WebSettings
from shared.runtime.startup import StartupError
from shared.tracing.process import traces_of
from shared.web.application import create_app
from shared.web.connections import CONNECTIONS, Connections
from shared.web.host import own_hosts, own_hosts_only
from shared.web.known_keys import KNOWN_KEYS
from shared.web.limits import LIMITS, WebLimits, connections_within
from shared.web.listening import BACKLOG, bound, is_out_of_descriptors, local_url
from shared.web.protocol import Connection
from shared.web.service import DRAINS, Service
from shared.web.staff_key import load_old_staff_key, load_or_create_staff_key

ACCEPTED_AT_ONCE = 16
"""Connections accepted in one turn of the event loop; requests in progress take turns with them."""

log = structlog.stdlib.get_logger(__name__)


def run_web_service(name: str, settings: WebSettings, services: Sequence[Service]) -> None:
    """Serve until SIGTERM; raises StartupError when the settings do not allow a start."""
    configure_logging(name, settings.log_format, settings.log_level, settings.log_buffer_kib)
    with traces_of(name, settings.traces):
        gc.freeze()  # modules are never freed: keep them out of every collection
        try:
            asyncio.run(_run(name, settings, services))
        except OSError as error:
            raise StartupError(_explained(error, settings)) from error


async def _run(name: str, settings: WebSettings, services: Sequence[Service]) -> None:
    staff_key = load_or_create_staff_key(
        settings.staff_key, settings.state_dir, with_parents=not settings.state_is_made
    )
    app = create_app(
        services,
        title="Coffee shop",
        staff_key=staff_key,
        limits=_limits(settings),
        trusted_proxies=settings.trusted_proxies,
        requests_per_second=settings.requests_per_second,
        wrong_keys_per_minute=settings.wrong_keys_per_minute,
    )
    old_key = load_old_staff_key(settings.staff_key_old, settings.state_dir, staff_key)
    app[KNOWN_KEYS].old_owner_digest = old_key and token_digest(old_key)
    if (hosts := own_hosts(settings)) is not None:
        app.middlewares.append(own_hosts_only(hosts))
    inherited = None if settings.listen_fd is None else socket.socket(fileno=settings.listen_fd)

    def set_broker_resets() -> None:
        _set_all(event for service in services for event in service.broker_resets)

    def set_closings() -> None:
        _set_all(event for service in services for event in service.closings)

    async with (
        stop_requested(settings.lifeline_fd) as stop,
        handling_signal(signal.SIGHUP, set_broker_resets),
        watchdog_reports(settings.watchdog_fd),
        handling_signal(signal.SIGUSR1, set_closings),
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


def _limits(settings: WebSettings) -> WebLimits:
    """Bound connections by the settings, and by the descriptors that there are."""
    fitting = connections_within(raise_descriptor_limit())
    if fitting < settings.max_connections:
        log.warning("connections.fewer", wanted=settings.max_connections, at_most=fitting)
    limits = WebLimits(
        connections_per_client=settings.max_connections_per_client,
        idle_seconds=settings.keep_alive_seconds,
        deregistration_seconds=settings.deregistration_seconds,
    )
    return limits.within(min(settings.max_connections, fitting))


def _set_all(events: Iterable[asyncio.Event]) -> None:
    for event in events:
        event.set()


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
    `stop` too, for one request each, for the limits' `deregistration_seconds` and until the
    services' drains have returned; then streams end, and requests in flight have `grace_seconds`.
    Raises OSError when the port is not available, and what a service's lifespan raises at its
    start.
    """
    # aiohttp waits twice: for the handlers, then for those still reading a body.
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=max(grace_seconds / 2, 0.01))
    try:
        if not await completes_before(stop, runner.setup()):
            return
        sock = sock or bound(host, port)
        listener = await _listen(runner, sock)
        try:
            with _rarely_out_of_descriptors(app[CONNECTIONS]):
                on_listening(_url(sock))
                await stop.wait()
                app[CONNECTIONS].closing = True
                drains = (drain(app) for drain in app[DRAINS])
                await asyncio.gather(asyncio.sleep(app[LIMITS].deregistration_seconds), *drains)
        finally:
            listener.close()
    finally:
        await runner.cleanup()


async def _listen(runner: web.AppRunner, sock: socket.socket) -> asyncio.Server:
    """Accept connections, within the application's limits."""
    loop = asyncio.get_running_loop()
    if runner.server is None:
        raise RuntimeError("the runner is set up first")
    options = {"loop": loop, "access_log": None, "auto_decompress": False}
    connection = functools.partial(Connection, runner.server, runner.app[CONNECTIONS], **options)
    listener = await loop.create_server(connection, sock=sock, backlog=ACCEPTED_AT_ONCE)
    sock.listen(BACKLOG)  # `create_server` has one number for this and for that
    return listener


@contextlib.contextmanager
def _rarely_out_of_descriptors(connections: Connections) -> Iterator[None]:
    """Make room when no more files can be opened, and say so once in a second.

    asyncio logs it for each connection that it cannot accept, and tries again after a second.
    """
    loop, limit = asyncio.get_running_loop(), LogLimit(1)

    def handle(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        if not is_out_of_descriptors(context.get("exception")):
            loop.default_exception_handler(context)
            return
        connections.make_room(ACCEPTED_AT_ONCE)
        if limit.is_due():
            log.warning("connections.no_descriptors", reason=str(context["exception"]))

    before = loop.get_exception_handler()
    loop.set_exception_handler(handle)
    try:
        yield
    finally:
        loop.set_exception_handler(before)


def _url(sock: socket.socket) -> str:
    host, port = sock.getsockname()[:2]
    return local_url(host, port)


def _explained(error: OSError, settings: WebSettings) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"Port {settings.port} is in use; name another one in COFFEE_PORT."
    return f"{error}; COFFEE_STATE_DIR names the folder of the shop's files."
