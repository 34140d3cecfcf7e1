"""A worker's own port, for health checks and metrics; open only if the settings name one."""

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
from worker.settings import QueueWorkerSettings

log = structlog.stdlib.get_logger(__name__)

_GRACE_SECONDS = 1


@contextlib.asynccontextmanager
async def health_port(
    settings: QueueWorkerSettings, readiness: Mapping[str, Hook], registry: CollectorRegistry
) -> AsyncIterator[None]:
    """Answer /healthz, /readyz and /metrics, with those of `registry`, during the block.

    Raises StartupError when the port cannot be bound.
    """
    if settings.worker_port is None:
        yield
        return

    service = Service(operations=[], readiness=readiness)
    # The key is random, as no route here is for staff.
    app = create_app([service], title="Coffee shop", staff_key=secrets.token_urlsafe())
    app[METRICS].register(registry)
    try:
        sock = socket.create_server((settings.host, settings.worker_port))
    except OSError as error:
        raise StartupError(
            f"COFFEE_WORKER_PORT: port {settings.worker_port}: {error.strerror}"
        ) from error
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
