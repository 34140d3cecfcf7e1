"""Builds the cashier: the one place where its parts are constructed and connected."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import secrets
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from prometheus_client import CollectorRegistry

from producer import metrics
from producer.build_photos import build_photos, opening_photos
from producer.build_reconciling import build_reconciler
from producer.context import CashierContext, PhotoContext
from producer.dead_letters.redriver import DeadLetterRedriver
from producer.dead_letters.service import DeadLetterService
from producer.documents.document import Document
from producer.documents.hours import parse_hours
from producer.documents.settings import parse_settings
from producer.menu.document import MenuDocument
from producer.menu.service import MenuService, open_menu
from producer.metrics import ShopCollector
from producer.orders.admission import HEARTBEATS_TTL_SECONDS, OrderAdmission, WaitEstimator
from producer.orders.backlog import SAMPLE_SECONDS, Backlog
from producer.orders.board import board_cache
from producer.orders.cashier import Cashier
from producer.orders.dispatcher import Announcer, OrderDispatcher
from producer.orders.forgetting import CustomerForgetter
from producer.orders.kitchen import Kitchen
from producer.orders.moves import OrderMoves
from producer.orders.opening_hours import OpeningHours
from producer.orders.order_ids import OrderIds
from producer.orders.remaker import Remaker
from producer.orders.updates import OrderUpdates
from producer.reconciling.empty_queue_monitor import EmptyQueueMonitor
from producer.reconciling.retention import Retention
from producer.reconciling.unclean_stops import UncleanStops
from producer.reports import aws_usage
from producer.reports.aws_usage import AwsUsageHistory
from producer.reports.last_hour import LastHour
from producer.reports.reporter import DayReporter
from producer.settings import CashierSettings
from shared.aws.clients import aws_clients
from shared.aws.dead_letters import DeadLetters
from shared.aws.names import Names
from shared.aws.photo_provisioning import photo_bucket
from shared.aws.queue import SqsQueue
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
from shared.domain.shop import Hand
from shared.domain.webhook_url import WebhookUrlRules
from shared.runtime.aws_requests import aws_requests
from shared.runtime.lifecycle import background_task, every
from shared.runtime.order_metrics import OrderMetrics
from shared.runtime.ttl_cache import TtlCache
from shared.store.contract import Store, ValueKey
from shared.store.document_contract import DocumentKind
from shared.store.factory import open_store
from shared.web.rate_limit import RateLimit

_RETENTION_SECONDS = 600


@dataclass(frozen=True, slots=True, kw_only=True)
class _Resources:
    settings: CashierSettings
    store: Store
    announcer: Announcer
    deliveries: SqsQueue
    dead_letters: DeadLetters
    backlog: Backlog
    closing: asyncio.Event
    photos: PhotoContext
    dispatcher: OrderDispatcher
    opening_hours: OpeningHours


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
            resources = _Resources(
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
            context = await _context(resources, menu, reconciler.unclean_stops)

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
                background_task(every(SAMPLE_SECONDS, monitor.sample), "backlog"),
                background_task(
                    every(aws_usage.SAMPLE_SECONDS, context.aws_usage.sample), "requests to AWS"
                ),
                background_task(every(metrics.SAMPLE_SECONDS, collector.sample), "workers"),
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


async def _context(
    resources: _Resources, menu: MenuService, unclean_stops: UncleanStops
) -> CashierContext:
    settings, store = resources.settings, resources.store
    by_people = settings.barista_hand is Hand.PEOPLE
    wait_estimator = WaitEstimator(
        heartbeats=TtlCache(lambda: store.worker_heartbeats(utc_now()), HEARTBEATS_TTL_SECONDS),
        backlog=resources.backlog,
        menu=menu.current,
        brew_speed=1 if by_people else settings.brew_speed,
        by_people=by_people,
    )
    cashier = await _cashier(resources, menu, wait_estimator)
    moves = OrderMoves(
        store=store,
        dispatcher=resources.dispatcher,
        clock=utc_now,
        on_doubt=unclean_stops.in_doubt,
    )
    return CashierContext(
        cashier=cashier,
        moves=moves,
        remaker=Remaker(
            store=store,
            moves=moves,
            dispatcher=resources.dispatcher,
            ids=cashier.ids,
            clock=utc_now,
            business_day=resources.opening_hours.business_day,
            within=dt.timedelta(seconds=settings.remake_seconds),
        ),
        kitchen=Kitchen(store=store),
        board=board_cache(store),
        menu=menu,
        opening_hours=resources.opening_hours,
        settings=Document(DocumentKind.SETTINGS, store, parse_settings, "{}", utc_now),
        wait_estimator=wait_estimator,
        backlog=resources.backlog,
        backlog_limit=settings.backlog_limit,
        store=store,
        rate_limit=RateLimit(settings.orders_per_minute, time.monotonic),
        webhook_urls=WebhookUrlRules(settings.allow_loopback_webhooks),
        order_seconds=settings.order_seconds,
        barista_hand=settings.barista_hand,
        dead_letters=DeadLetterService(
            dead_letters=resources.dead_letters, store=store, clock=utc_now
        ),
        redriver=DeadLetterRedriver(
            dead_letters=resources.dead_letters,
            store=store,
            dispatcher=resources.dispatcher,
            clock=utc_now,
        ),
        forgetter=CustomerForgetter(
            store=store,
            ids=cashier.ids,
            clock=utc_now,
            opening_hours=resources.opening_hours,
        ),
        reporter=DayReporter(
            store=store,
            opening_hours=resources.opening_hours,
            clock=utc_now,
            keep=dt.timedelta(days=settings.keep_orders_days),
        ),
        last_hour=LastHour(store, utc_now),
        aws_usage=AwsUsageHistory(
            heartbeats=wait_estimator.heartbeats.get,
            own=lambda: aws_requests().billed,
            clock=utc_now,
        ),
        photos=resources.photos,
        clock=utc_now,
    )


async def _cashier(
    resources: _Resources, menu: MenuService, wait_estimator: WaitEstimator
) -> Cashier:
    settings, store = resources.settings, resources.store
    secret = await store.get_or_set_value(ValueKey.ORDER_ID_SECRET, secrets.token_urlsafe(32))
    ids = OrderIds(secret)
    return Cashier(
        store=store,
        menu=menu.current,
        admission=OrderAdmission(
            opening_hours=resources.opening_hours,
            backlog=resources.backlog,
            backlog_limit=settings.backlog_limit,
            closing=resources.closing,
        ),
        wait_estimator=wait_estimator,
        dispatcher=resources.dispatcher,
        updates=OrderUpdates(store=store, jobs=resources.deliveries, ids=ids, clock=utc_now),
        ids=ids,
        clock=utc_now,
        store_id=settings.store_id,
    )


def _retention(resources: _Resources) -> Callable[[], Awaitable[None]]:
    keep = dt.timedelta(days=resources.settings.keep_orders_days)
    return Retention(resources.store, utc_now, keep).delete_old
