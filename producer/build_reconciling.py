"""Builds what reconciles the store with the queues: the reconciler and its parts."""

from __future__ import annotations

import datetime as dt
import socket
import time

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
from shared.clock import utc_now
from shared.runtime.settings import StoreKind
from shared.store.contract import Store

_DISORDER_SECONDS = 60
"""Standard queues give messages only about in the order in which they were sent."""

_AWS_SETTLING_SECONDS = 120
"""SQS counts right "at least 1 minute" after the last send, and so perhaps later.

Amazon SQS API Reference, GetQueueAttributes.
"""

_DYNAMODB_SCAN_SECONDS = 60
"""DynamoDB charges for every scan."""


def build_reconciler(
    settings: CashierSettings,
    store: Store,
    *,
    announcer: Announcer,
    dead_letters: DeadLetters,
    dispatcher: OrderDispatcher,
    monitor: EmptyQueueMonitor,
) -> Reconciler:
    """Connect what finds and mends the orders that a crash or a lost queue has left behind."""
    expire_after = dt.timedelta(seconds=settings.expire_after_seconds)
    return Reconciler(
        unclean_stops=UncleanStops(
            settings.cashier_name or f"{socket.gethostname()}-{settings.port}",
            store=store,
            dispatcher=dispatcher,
            republisher=Republisher(
                store,
                announcer,
                expire_after + dt.timedelta(hours=1),
                settings.republish_per_second,
            ),
            clock=utc_now,
        ),
        failures=Failures(
            dead_letters=dead_letters, store=store, dispatcher=dispatcher, clock=utc_now
        ),
        open_orders=OpenOrders(store, utc_now),
        fresh_tickets=FreshTickets(
            store=store,
            monitor=monitor,
            dispatcher=dispatcher,
            clock=utc_now,
            margins=margins_of(settings),
        ),
        expiry=Expiry(store, dispatcher, utc_now),
        dispatcher=dispatcher,
        schedule=ScanSchedule(
            _DYNAMODB_SCAN_SECONDS if settings.store is StoreKind.DYNAMODB else 0, time.monotonic
        ),
        clock=utc_now,
        seconds=settings.reconcile_seconds,
        expire_after=expire_after,
    )


def margins_of(settings: CashierSettings) -> Margins:
    """Choose by how much the reconciler may be wrong about the queue, on AWS or an emulator."""
    settling = 0 if settings.uses_emulator else _AWS_SETTLING_SECONDS
    return Margins(
        settling=dt.timedelta(seconds=max(settings.order_seconds, settling)),
        disorder=dt.timedelta(seconds=_DISORDER_SECONDS + settings.visibility_timeout),
        retry_after=dt.timedelta(seconds=2 * settings.visibility_timeout),
    )
