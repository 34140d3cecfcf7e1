"""How the reconciler is put together, and runs for as long as its cashier is at work."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import socket
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass

from producer.orders.dispatcher import Announcer, OrderDispatcher
from producer.reconciling.empty_queue_monitor import EmptyQueueMonitor
from producer.reconciling.expiry import Expiry
from producer.reconciling.failures import Failures
from producer.reconciling.fresh_tickets import FreshTickets
from producer.reconciling.lost_tickets import Margins
from producer.reconciling.open_orders import OpenOrders
from producer.reconciling.reconciler import Reconciler
from producer.reconciling.republisher import Republisher
from producer.reconciling.scan_schedule import ScanSchedule
from producer.reconciling.unclean_stops import UncleanStops
from producer.settings import CashierSettings
from shared.aws.dead_letters import DeadLetters
from shared.clock import Clock
from shared.runtime.lifecycle import background_task
from shared.runtime.settings import StoreKind
from shared.store.contract import Store

_DISORDER_SECONDS = 60
"""Standard queues give messages only about in the order in which they were sent."""

_AWS_SETTLING_SECONDS = 60
"""SQS: its counts are right within a minute after the last message was sent."""

_DYNAMODB_LOOK_SECONDS = 60
"""DynamoDB takes money for every look."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the reconciler works with."""

    store: Store
    announcer: Announcer
    dead_letters: DeadLetters
    dispatcher: OrderDispatcher
    line: EmptyQueueMonitor
    clock: Clock


@contextlib.asynccontextmanager
async def reconciling(
    settings: CashierSettings, around: Surroundings, broker_reset: asyncio.Event
) -> AsyncIterator[None]:
    """Reconcile for as long as the block lasts; then sign out, as a cashier that stops cleanly."""
    unclean_stops = _unclean_stops(settings, around)
    reconciler = Reconciler(
        unclean_stops=unclean_stops,
        failures=Failures(around.dead_letters, around.store, around.dispatcher, around.clock),
        open_orders=OpenOrders(around.store),
        fresh_tickets=FreshTickets(
            around.store, around.line, around.dispatcher, around.clock, _margins(settings)
        ),
        expiry=Expiry(around.store, around.dispatcher, around.clock),
        dispatcher=around.dispatcher,
        looks=ScanSchedule(_look_seconds(settings), time.monotonic),
        clock=around.clock,
        seconds=settings.reconcile_seconds,
        expire_after=dt.timedelta(seconds=settings.expire_after_seconds),
    )
    async with background_task(reconciler.run(broker_reset), "reconciler"):
        yield
    await unclean_stops.sign_out()


def _unclean_stops(settings: CashierSettings, around: Surroundings) -> UncleanStops:
    lifetime = dt.timedelta(seconds=settings.expire_after_seconds, hours=1)
    republisher = Republisher(around.store, around.announcer, lifetime)
    name = settings.cashier_name or f"{socket.gethostname()}-{settings.port}"
    return UncleanStops(name, around.store, around.dispatcher, republisher, around.clock)


def _margins(settings: CashierSettings) -> Margins:
    on_aws = settings.aws_endpoint_url is None
    return Margins(
        settling=dt.timedelta(
            seconds=max(settings.order_seconds, _AWS_SETTLING_SECONDS if on_aws else 0)
        ),
        disorder=dt.timedelta(seconds=_DISORDER_SECONDS + settings.visibility_timeout),
        patience=dt.timedelta(seconds=2 * settings.visibility_timeout),
    )


def _look_seconds(settings: CashierSettings) -> float:
    return _DYNAMODB_LOOK_SECONDS if settings.store is StoreKind.DYNAMODB else 0
