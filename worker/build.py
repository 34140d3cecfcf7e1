"""Constructs a worker's objects."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Gauge

from shared.aws.clients import AwsClients
from shared.aws.names import Names
from shared.aws.queues import open_announcer, open_orders_queue
from shared.clock import utc_now
from shared.consuming.consumer import Consumer, ConsumerLimits
from shared.consuming.metrics import MessageMetrics
from shared.domain.shop import Hand
from shared.messages.ticket import log_fields
from shared.runtime.order_metrics import OrderMetrics
from shared.store.contract import Store
from shared.store.factory import open_store
from worker.barista import Barista
from worker.claims import Claims
from worker.line import GATHER_SECONDS, Line
from worker.people import PeoplesPreparation
from worker.preparation import Preparation, TimedPreparation
from worker.progress import Progress
from worker.settings import WorkerSettings
from worker.task_protection import TaskProtection

if TYPE_CHECKING:
    from shared.web.service import Hook


@dataclass(frozen=True, slots=True, kw_only=True)
class Worker:
    """What runs in the process; a readiness check raises while what it names is unavailable."""

    consumer: Consumer
    store: Store
    progress: Progress
    preparation: Preparation
    readiness: Mapping[str, Hook]


@contextlib.asynccontextmanager
async def open_worker(
    settings: WorkerSettings,
    clients: AwsClients,
    names: Names,
    registry: CollectorRegistry,
    protection: TaskProtection | None = None,
) -> AsyncIterator[Worker]:
    """Open the store, the queue and the topic, and connect a barista to them.

    Metrics go to `registry`.
    """
    async with (
        open_store(settings, clients.dynamodb, utc_now, OrderMetrics(registry).changed) as store,
        open_orders_queue(
            clients,
            names,
            visibility_timeout=settings.visibility_timeout,
            wait_time=settings.poll_seconds,
        ) as queue,
        open_announcer(clients, names, queue) as announcer,
    ):
        progress = Progress()
        _show_progress(registry, progress, settings.worker_concurrency)
        duration = dt.timedelta(seconds=settings.visibility_timeout)
        claims = Claims(store=store, clock=utc_now, duration=duration)
        preparation = _preparation(settings, store, claims, protection)
        barista = Barista(
            store=store,
            announcer=announcer,
            tickets=queue,
            claims=claims,
            preparation=preparation,
            clock=utc_now,
            wait=asyncio.sleep,
            progress=progress,
        )
        limits = ConsumerLimits(
            settings.tickets_held, settings.visibility_timeout, settings.grace_seconds
        )
        consumer = Consumer(
            queue,
            barista.take,
            limits,
            log_fields=log_fields,
            count=MessageMetrics.on(registry).of("orders"),
            around=queue.working_on,
        )

        async def check_polls(_: object) -> None:
            consumer.check()

        yield Worker(
            consumer=consumer,
            store=store,
            progress=progress,
            preparation=preparation,
            readiness={"order store": lambda _: store.check(), "orders queue": check_polls},
        )


def _show_progress(registry: CollectorRegistry, progress: Progress, concurrency: int) -> None:
    in_hand = Gauge(
        "coffeeshop_orders_in_hand", "Orders from claim to ready here.", registry=registry
    )
    in_hand.set_function(lambda: progress.in_hand)
    places = Gauge(
        "coffeeshop_worker_places", "Orders that may be in hand here.", registry=registry
    )
    places.set(concurrency)


def _preparation(
    settings: WorkerSettings, store: Store, claims: Claims, protection: TaskProtection | None
) -> Preparation:
    if settings.barista_hand is Hand.PEOPLE:
        line = Line(settings.worker_concurrency, GATHER_SECONDS)
        return PeoplesPreparation(store, claims, line, asyncio.sleep, time.monotonic)
    return TimedPreparation(
        claims=claims,
        wait=asyncio.sleep,
        brew_speed=settings.brew_speed,
        held=contextlib.nullcontext if protection is None else protection.held,
    )
