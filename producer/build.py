"""What the cashier's routes find behind the context, and how it is set up there."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from aiohttp import web

from producer.dead_letters.redriver import DeadLetterRedriver
from producer.dead_letters.service import DeadLetterService
from producer.orders.admission import FrontDesk
from producer.orders.backlog import Backlog
from producer.orders.cashier import Cashier, ShopPlace
from producer.orders.dispatcher import OrderDispatcher
from producer.orders.order_ids import OrderIds
from producer.orders.updates import OrderUpdates
from producer.orders.worker_heartbeats import WorkerHeartbeatCache
from producer.reconciling.build import Surroundings, reconciling
from producer.reconciling.empty_queue_monitor import EmptyQueueMonitor
from producer.settings import CashierSettings
from shared.aws.clients import aws_clients
from shared.aws.names import Names
from shared.aws.queues import (
    open_announcer,
    open_dead_letters,
    open_orders_queue,
    open_queue,
    wait_for_queues,
)
from shared.aws.tickets import TicketQueue
from shared.clock import Clock, utc_now
from shared.domain.menu import Menu
from shared.domain.webhook_url import DialingRules
from shared.runtime.lifecycle import every, running
from shared.store.contract import Store
from shared.store.factory import open_store
from shared.web.rate_limit import RateLimit

SAMPLE_SECONDS = 1


@dataclass(frozen=True, slots=True)
class CashierContext:
    """What a route may need; an order may take `order_seconds` to be placed."""

    cashier: Cashier
    front_desk: FrontDesk
    store: Store
    rate_limit: RateLimit
    backlog: Backlog
    dead_letters: DeadLetterService
    redriver: DeadLetterRedriver
    webhook_urls: DialingRules
    clock: Clock
    order_seconds: float


CASHIER: web.AppKey[CashierContext] = web.AppKey("CASHIER", CashierContext)


@contextlib.asynccontextmanager
async def build_cashier(
    settings: CashierSettings, menu: Menu, broker_reset: asyncio.Event
) -> AsyncIterator[CashierContext]:
    """Set the context up; when it closes, what was begun is through.

    `broker_reset` tells that queues and topics may have lost what was in them.
    """
    names = Names(settings.name_prefix)
    async with aws_clients(settings) as clients:
        await wait_for_queues(clients, names.orders, names.dead_letters, names.deliveries)
        async with (
            open_store(settings, clients.dynamodb, utc_now) as store,
            open_orders_queue(clients, names) as queue,
            open_announcer(clients, names, queue) as announcer,
            open_queue(clients, names.deliveries) as deliveries,
            open_dead_letters(clients, names.dead_letters) as dead_letters,
        ):
            tickets = TicketQueue(queue)
            backlog = Backlog(tickets)
            dispatcher = OrderDispatcher(announcer, tickets, backlog)
            desk = FrontDesk(
                store,
                WorkerHeartbeatCache(store, time.monotonic),
                menu,
                backlog,
                settings.backlog_limit,
                settings.brew_speed,
            )
            ids = OrderIds(await store.order_id_secret(secrets.token_urlsafe(32)))
            cashier = Cashier(
                store,
                desk,
                dispatcher,
                OrderUpdates(store, deliveries, ids, utc_now),
                ids,
                utc_now,
                ShopPlace(settings.store_id, ZoneInfo(settings.timezone)),
            )
            rate_limit = RateLimit(settings.orders_per_minute, time.monotonic)
            line = EmptyQueueMonitor(backlog, utc_now)
            surroundings = Surroundings(store, announcer, dead_letters, dispatcher, line, utc_now)
            async with (
                running(every(SAMPLE_SECONDS, line.sample), "backlog"),
                reconciling(settings, surroundings, broker_reset),
            ):
                yield CashierContext(
                    cashier,
                    desk,
                    store,
                    rate_limit,
                    backlog,
                    DeadLetterService(dead_letters, store, utc_now),
                    DeadLetterRedriver(dead_letters, store, dispatcher, utc_now),
                    DialingRules(settings.allow_loopback_webhooks),
                    utc_now,
                    settings.order_seconds,
                )
