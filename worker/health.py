"""A worker's own port, for health checks and metrics; open only if the settings name one."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Mapping
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry

from worker.settings import QueueWorkerSettings

if TYPE_CHECKING:
    from shared.web.service import Hook


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
    from worker.health_server import serving_health  # noqa: PLC0415 - few workers have a port

    async with serving_health(settings.host, settings.worker_port, readiness, registry):
        yield
