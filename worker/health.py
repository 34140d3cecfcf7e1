"""The barista's own port, for health checks and metrics; only where one is set."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping

import structlog
from aiohttp import web

from shared.runtime.startup import StartupError
from shared.web.application import create_app
from shared.web.keys import READINESS
from shared.web.server import serve
from worker.settings import WorkerSettings

log = structlog.stdlib.get_logger(__name__)

_GRACE_SECONDS = 1


@contextlib.asynccontextmanager
async def answering(
    settings: WorkerSettings, checks: Mapping[str, Callable[[], Awaitable[object]]]
) -> AsyncIterator[None]:
    """Answer /healthz, /readyz and /metrics for as long as the block lasts.

    Raises StartupError when the port cannot be had.
    """
    if settings.worker_port is None:
        yield
        return

    def setup(app: web.Application) -> None:
        app[READINESS].update(checks)

    # Nobody is staff here: there is nothing for them to do.
    app = create_app([setup], title="Coffee shop", staff_key=secrets.token_urlsafe())
    try:
        sock = socket.create_server((settings.host, settings.worker_port))
    except OSError as error:
        raise StartupError(f"COFFEE_WORKER_PORT: {error.strerror}") from error
    stop = asyncio.Event()
    server = asyncio.create_task(
        serve(
            app,
            sock=sock,
            stop=stop,
            grace_seconds=_GRACE_SECONDS,
            on_listening=lambda url: log.info("health.listening", url=url),
        )
    )
    try:
        yield
    finally:
        stop.set()
        await server
