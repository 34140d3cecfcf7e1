"""Builds what the cashier's routes see from the resources that `build` has opened."""

from __future__ import annotations

import asyncio
import datetime as dt
import secrets
import time
from dataclasses import dataclass

from producer.context import CashierContext, PhotoContext
from producer.dead_letters.redriver import DeadLetterRedriver
from producer.dead_letters.service import DeadLetterService
from producer.documents.document import Document
from producer.documents.settings import parse_settings
from producer.menu.service import MenuService
from producer.orders.admission import HEARTBEATS_TTL_SECONDS, OrderAdmission, WaitEstimator
from producer.orders.backlog import Backlog
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
from producer.reconciling.unclean_stops import UncleanStops
from producer.reports.aws_usage import AwsUsageHistory
from producer.reports.last_hour import LastHour
from producer.reports.reporter import DayReporter
from producer.settings import CashierSettings
from shared.aws.dead_letters import DeadLetters
from shared.aws.queue import SqsQueue
from shared.clock import utc_now
from shared.domain.shop import Hand
from shared.domain.webhook_url import WebhookUrlRules
from shared.runtime.aws_requests import aws_requests
from shared.runtime.ttl_cache import TtlCache
from shared.store.contract import Store, ValueKey
from shared.store.document_contract import DocumentKind
from shared.web.rate_limit import RateLimit


@dataclass(frozen=True, slots=True, kw_only=True)
class CashierResources:
    """What `build_cashier` has opened."""

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


async def cashier_context(
    resources: CashierResources, menu: MenuService, unclean_stops: UncleanStops
) -> CashierContext:
    """Connect the parts behind the routes."""
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
    resources: CashierResources, menu: MenuService, wait_estimator: WaitEstimator
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
