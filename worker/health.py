"""The barista's own port, for health checks and metrics; only where one is set."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import socket
from collections.abc import AsyncIterator, Mapping

import structlog

from shared.runtime.startup import StartupError
from shared.web.application import create_app
from shared.web.server import serve
from shared.web.service import Hook, Service
from worker.settings import WorkerSettings

log = structlog.stdlib.get_logger(__name__)

_GRACE_SECONDS = 1


@contextlib.asynccontextmanager
async def answering(settings: WorkerSettings, checks: Mapping[str, Hook]) -> AsyncIterator[None]:
    """Answer /healthz, /readyz and /metrics for as long as the block lasts.

    Raises StartupError when the port cannot be had.
    """
    if settings.worker_port is None:
        yield
        return

    service = Service(operations=[], readiness=checks)
    # Nobody is staff here: there is nothing for them to do.
    app = create_app([service], title="Coffee shop", staff_key=secrets.token_urlsafe())
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
