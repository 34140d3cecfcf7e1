"""Builds the cashier: the one place where its parts are constructed and connected."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
from collections.abc import AsyncIterator, Awaitable, Callable
from zoneinfo import ZoneInfo

from prometheus_client import CollectorRegistry

from producer import metrics
from producer.build_context import CashierResources, cashier_context
from producer.build_photos import build_photos, opening_photos
from producer.build_reconciling import build_reconciler
from producer.context import CashierContext
from producer.documents.document import Document
from producer.documents.hours import parse_hours
from producer.menu.document import MenuDocument
from producer.menu.service import open_menu
from producer.metrics import ShopCollector
from producer.orders.backlog import SAMPLE_SECONDS, Backlog
from producer.orders.dispatcher import OrderDispatcher
from producer.orders.opening_hours import OpeningHours
from producer.reconciling.empty_queue_monitor import EmptyQueueMonitor
from producer.reconciling.retention import Retention
from producer.reports import aws_usage
from producer.settings import CashierSettings
from shared.aws.clients import aws_clients
from shared.aws.names import Names
from shared.aws.photo_provisioning import photo_bucket
from shared.aws.queues import (
    open_announcer,
    open_dead_letters,
    open_orders_queue,
    open_queue,
    restored_tickets,
    wait_for_queues,
    watching_tickets,
)
from shared.clock import utc_now
from shared.runtime.lifecycle import background_task, every, until_whole
from shared.runtime.order_metrics import OrderMetrics
from shared.store.document_contract import DocumentKind
from shared.store.factory import open_store

_RETENTION_SECONDS = 600


@contextlib.asynccontextmanager
async def build_cashier(
    settings: CashierSettings,
    file: MenuDocument,
    registry: CollectorRegistry,
    *,
    broker_reset: asyncio.Event,
    uploads_lost: asyncio.Event,
    closing: asyncio.Event,
) -> AsyncIterator[CashierContext]:
    """Build the cashier, and run its side tasks; at the end, what was begun is finished.

    `broker_reset` and `uploads_lost` are set when queues and topics may have lost what was in
    them, `closing` when no more orders should be taken. Metrics go to `registry`.
    """
    names = Names(settings.name_prefix)
    async with aws_clients(settings) as clients:
        if settings.watch_broker:
            await restored_tickets(clients, names, photo_bucket(settings))
        await wait_for_queues(clients, names.orders, names.dead_letters, names.deliveries)
        async with (
            open_store(
                settings, clients.dynamodb, utc_now, OrderMetrics(registry).changed
            ) as store,
            open_orders_queue(clients, names) as queue,
            open_announcer(clients, names, queue) as announcer,
            open_queue(clients, names.deliveries) as deliveries,
            open_dead_letters(clients, names.dead_letters) as dead_letters,
            build_photos(settings, clients, store, uploads_lost) as photos,
        ):
            backlog = Backlog(queue)
            resources = CashierResources(
                settings=settings,
                store=store,
                announcer=announcer,
                deliveries=deliveries,
                dead_letters=dead_letters,
                backlog=backlog,
                closing=closing,
                photos=photos,
                dispatcher=OrderDispatcher(announcer, queue, backlog),
                opening_hours=OpeningHours(
                    document=Document(DocumentKind.HOURS, store, parse_hours, "{}", utc_now),
                    store=store,
                    timezone=ZoneInfo(settings.timezone),
                ),
            )
            menu = await open_menu(store, file, utc_now)
            monitor = EmptyQueueMonitor(backlog, utc_now)
            reconciler = build_reconciler(
                settings,
                store,
                announcer=announcer,
                dead_letters=dead_letters,
                dispatcher=resources.dispatcher,
                monitor=monitor,
            )
            context = await cashier_context(resources, menu, reconciler.unclean_stops)

            collector = ShopCollector(
                backlog=backlog,
                open_orders=reconciler.open_orders,
                failures=reconciler.failures,
                heartbeats=context.wait_estimator.heartbeats,
            )
            registry.register(collector)

            def on_reset(since: dt.datetime) -> None:
                reconciler.unclean_stops.topics_lost(since)
                broker_reset.set()
                uploads_lost.set()

            async with (
                background_task(
                    every(SAMPLE_SECONDS, monitor.sample_if_needed, until_whole), "backlog"
                ),
                background_task(
                    every(aws_usage.SAMPLE_SECONDS, context.aws_usage.sample, until_whole),
                    "requests to AWS",
                ),
                background_task(
                    every(metrics.SAMPLE_SECONDS, collector.sample, until_whole), "workers"
                ),
                background_task(reconciler.run(broker_reset), "reconciler"),
                background_task(reconciler.republish(), "republisher"),
                background_task(every(_RETENTION_SECONDS, _retention(resources)), "retention"),
                background_task(store.find_damage(), "integrity"),
                background_task(opening_photos(photos, menu).show(), "opening photos")
                if settings.opening_photos
                else contextlib.nullcontext(),
                watching_tickets(clients, names, on_reset, photo_bucket(settings))
                if settings.watch_broker
                else contextlib.nullcontext(),
            ):
                yield context
            await reconciler.unclean_stops.remove_heartbeat()


def _retention(resources: CashierResources) -> Callable[[], Awaitable[None]]:
    keep = dt.timedelta(days=resources.settings.keep_orders_days)
    return Retention(resources.store, utc_now, keep).delete_old
