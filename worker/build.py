"""Constructs a worker's objects."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass

from shared.aws.clients import AwsClients
from shared.aws.names import Names
from shared.aws.queues import open_announcer, open_orders_queue
from shared.clock import utc_now
from shared.consuming.consumer import Consumer, ConsumerLimits
from shared.messages.ticket import log_fields
from shared.store.contract import Store
from shared.store.factory import open_store
from shared.web.service import Hook
from worker.barista import Barista
from worker.progress import Progress
from worker.settings import WorkerSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Worker:
    """What runs in the process; a readiness check raises while what it names is unavailable."""

    consumer: Consumer
    store: Store
    progress: Progress
    readiness: Mapping[str, Hook]


@contextlib.asynccontextmanager
async def open_worker(
    settings: WorkerSettings, clients: AwsClients, names: Names
) -> AsyncIterator[Worker]:
    """Open the store, the queue and the topic, and connect a barista to them."""
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
        progress = Progress()
        barista = Barista(
            store=store,
            announcer=announcer,
            clock=utc_now,
            wait=asyncio.sleep,
            claim_for=dt.timedelta(seconds=settings.visibility_timeout),
            brew_speed=settings.brew_speed,
            progress=progress,
        )
        limits = ConsumerLimits(
            settings.worker_concurrency, settings.visibility_timeout, settings.grace_seconds
        )
        consumer = Consumer(queue, barista.take, limits, log_fields=log_fields)

        async def check_polls(_: object) -> None:
            consumer.check()

        yield Worker(
            consumer=consumer,
            store=store,
            progress=progress,
            readiness={"order store": lambda _: store.check(), "orders queue": check_polls},
        )
