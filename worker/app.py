"""A worker process: a barista, the consumer engine that feeds it, and its heartbeats."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import os
import socket
from collections.abc import AsyncIterator

import structlog

from shared.aws.clients import AwsClients, aws_clients
from shared.aws.names import Names
from shared.aws.queues import open_announcer, open_orders_queue, provisioned
from shared.clock import utc_now
from shared.consuming.consumer import Consumer, ConsumerLimits
from shared.domain.shop import WorkerHeartbeat
from shared.runtime.lifecycle import background_task, completes_before, every
from shared.store.contract import HeartbeatStore, StoreUnavailableError
from shared.store.factory import open_store
from shared.web.service import Hook
from worker.barista import Barista
from worker.health import answering
from worker.preparations import Preparations
from worker.queue_progress import QueueProgress
from worker.settings import WorkerSettings

log = structlog.stdlib.get_logger(__name__)

CLOCK_IN_SECONDS = 5
_SHIFT = dt.timedelta(seconds=15)
"""A barista not heard of for that long is not at work any more."""


async def work(
    settings: WorkerSettings, stop: asyncio.Event, leave: asyncio.Event | None = None
) -> None:
    """Prepare orders until `stop` is set, and then what was begun, within the grace period.

    `leave` ends it too, but what was begun may take as long as it takes.
    """
    async with aws_clients(settings) as clients:
        names = Names(settings.name_prefix)
        if await completes_before(stop, provisioned(clients, names.orders, names.dead_letters)):
            await _consume(settings, clients, names, stop, leave)


async def _consume(
    settings: WorkerSettings,
    clients: AwsClients,
    names: Names,
    stop: asyncio.Event,
    leave: asyncio.Event | None,
) -> None:
    async with (
        open_store(settings, clients.dynamodb, utc_now) as store,
        open_orders_queue(
            clients,
            names,
            visibility_timeout=settings.visibility_timeout,
            wait_time=settings.poll_seconds,
        ) as queue,
        open_announcer(clients, names, queue) as announcer,
    ):
        barista = Barista(
            store,
            announcer,
            utc_now,
            asyncio.sleep,
            dt.timedelta(seconds=settings.visibility_timeout),
            settings.brew_speed,
        )
        limits = ConsumerLimits(
            settings.worker_concurrency, settings.visibility_timeout, settings.grace_seconds
        )
        line = QueueProgress(barista.take)
        consumer = Consumer(queue, line.take, limits)

        async def polls_return(_: object) -> None:
            consumer.check()

        checks: dict[str, Hook] = {
            "order store": lambda _: store.check(),
            "orders queue": polls_return,
        }
        async with (
            worker_heartbeats(store, settings, line, barista.preparations),
            answering(settings, checks),
        ):
            await consumer.run(stop, leave)


@contextlib.asynccontextmanager
async def worker_heartbeats(
    store: HeartbeatStore, settings: WorkerSettings, line: QueueProgress, lately: Preparations
) -> AsyncIterator[None]:
    """Keep a barista on the worker_heartbeats for as long as the block lasts."""
    name = settings.worker_name or f"{socket.gethostname()}-{os.getpid()}"

    async def record_worker_heartbeat() -> None:
        shift = WorkerHeartbeat(
            name,
            settings.worker_concurrency,
            until=utc_now() + _SHIFT,
            newest_ticket_at=line.sent_at,
            in_hand=line.in_hand,
            prepared=lately.count,
            prep_seconds=lately.mean_seconds,
        )
        await store.record_heartbeat(shift)

    try:
        async with background_task(every(CLOCK_IN_SECONDS, record_worker_heartbeat), "clock in"):
            yield
    finally:
        try:
            await store.remove_heartbeat(WorkerHeartbeat, name)
        except StoreUnavailableError as error:
            log.warning("shift.left_open", error=str(error))
