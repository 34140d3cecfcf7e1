"""Runs a photo worker: its consumer and its own port."""

from __future__ import annotations

import asyncio

from prometheus_client import CollectorRegistry

from shared.aws.clients import aws_clients
from shared.aws.names import Names
from shared.aws.queues import wait_for_queues
from shared.runtime.lifecycle import completes_before
from worker.health import health_port
from worker.photos.build import open_photo_worker
from worker.photos.settings import PhotoWorkerSettings


async def work(settings: PhotoWorkerSettings, stop: asyncio.Event, drain: asyncio.Event) -> None:
    """Work on uploads until `stop` or `drain` is set; then finish those in hand.

    After `stop` within the grace period; what is cut off is repeated by another worker.
    """
    names = Names(settings.name_prefix)
    async with aws_clients(settings) as clients:
        needed = wait_for_queues(clients, names.photos, names.photos_dead_letters)
        if not await completes_before(stop, needed):
            return
        async with (
            open_photo_worker(settings, clients, names, registry := CollectorRegistry()) as worker,
            health_port(settings, worker.readiness, registry),
        ):
            await worker.consumer.run(stop, drain)
