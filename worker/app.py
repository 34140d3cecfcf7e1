"""Runs a worker: its consumer, its heartbeats and its own port."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import os
import socket
from collections.abc import AsyncIterator

import structlog
from prometheus_client import CollectorRegistry

from shared.aws.clients import aws_clients
from shared.aws.names import Names
from shared.aws.queues import wait_for_queues
from shared.clock import utc_now
from shared.domain.shop import WorkerHeartbeat
from shared.runtime.aws_requests import aws_requests
from shared.runtime.lifecycle import background_task, completes_before, every
from shared.store.contract import StoreUnavailableError
from worker.build import Worker, open_worker
from worker.health import health_port
from worker.settings import WorkerSettings
from worker.task_protection import TaskProtection

log = structlog.stdlib.get_logger(__name__)

HEARTBEAT_SECONDS = 5
_HEARTBEAT_LIFETIME = dt.timedelta(seconds=15)
"""A worker whose last heartbeat is older counts as gone."""


async def work(
    settings: WorkerSettings,
    stop: asyncio.Event,
    drain: asyncio.Event | None = None,
    ecs_agent_url: str | None = None,
) -> None:
    """Prepare orders until `stop` is set; then finish those in hand, within the grace period.

    `drain` ends it too, without a limit of time for the orders in hand. An `ecs_agent_url` is
    where ECS protects the task while it makes an order for long.
    """
    names = Names(settings.name_prefix)
    protection = TaskProtection(ecs_agent_url) if ecs_agent_url else None
    async with aws_clients(settings) as clients:
        needed = wait_for_queues(clients, names.orders, names.dead_letters)
        if not await completes_before(stop, needed):
            return
        async with (
            open_worker(
                settings, clients, names, registry := CollectorRegistry(), protection
            ) as worker,
            background_task(protection.run(), "task protection")
            if protection
            else contextlib.nullcontext(),
            _heartbeats(worker, settings),
            health_port(settings, worker.readiness, registry),
            background_task(_let_go(worker, stop, drain or asyncio.Event()), "letting go"),
        ):
            await worker.consumer.run(stop, drain)


async def _let_go(worker: Worker, stop: asyncio.Event, drain: asyncio.Event) -> None:
    """Let go of what people have in hand when the worker is to end, in whichever way."""
    await completes_before(stop, drain.wait())
    worker.preparation.let_go()


@contextlib.asynccontextmanager
async def _heartbeats(worker: Worker, settings: WorkerSettings) -> AsyncIterator[None]:
    """Record heartbeats during the block, and remove the last one at its end."""
    name = settings.worker_name or f"{socket.gethostname()}-{os.getpid()}"

    async def record_heartbeat() -> None:
        billed = aws_requests().billed
        heartbeat = WorkerHeartbeat(
            name,
            settings.worker_concurrency,
            until=utc_now() + _HEARTBEAT_LIFETIME,
            newest_ticket_at=worker.progress.newest_ticket_at,
            in_hand=worker.progress.in_hand,
            prepared=worker.progress.prepared,
            prep_seconds=worker.progress.prep_seconds,
            sqs_requests=billed.sqs,
            sns_requests=billed.sns,
            waiting_since=worker.preparation.waiting_since,
        )
        await worker.store.record_heartbeat(heartbeat)

    try:
        async with background_task(every(HEARTBEAT_SECONDS, record_heartbeat), "heartbeats"):
            yield
    finally:
        try:
            await worker.store.remove_heartbeat(WorkerHeartbeat, name)
        except StoreUnavailableError as error:
            log.warning("heartbeat.not_removed", error=str(error))
