"""The server behind a worker's own port."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import socket
from collections.abc import AsyncIterator, Mapping

import structlog
from prometheus_client import CollectorRegistry

from shared.runtime.startup import StartupError
from shared.web.application import create_app
from shared.web.health import METRICS
from shared.web.server import serve
from shared.web.service import Hook, Service

log = structlog.stdlib.get_logger(__name__)

_GRACE_SECONDS = 1


@contextlib.asynccontextmanager
async def serving_health(
    host: str, port: int, readiness: Mapping[str, Hook], registry: CollectorRegistry
) -> AsyncIterator[None]:
    """Answer during the block; raises StartupError when the port cannot be bound."""
    service = Service(operations=[], readiness=readiness)
    # The key is random, as no route here is for staff.
    app = create_app([service], title="Coffee shop", staff_key=secrets.token_urlsafe())
    app[METRICS].register(registry)
    try:
        sock = socket.create_server((host, port))
    except OSError as error:
        raise StartupError(f"COFFEE_WORKER_PORT: port {port}: {error.strerror}") from error
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
