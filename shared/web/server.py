"""Serves an application until it is asked to stop, then lets requests in flight finish."""

from __future__ import annotations

import asyncio
import functools
import socket
from collections.abc import Callable

from aiohttp import web
from yarl import URL

from shared.runtime.lifecycle import completes_before
from shared.web.limits import LIMITS
from shared.web.protocol import Connection
from shared.web.service import DRAINS

BACKLOG = 1024


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
