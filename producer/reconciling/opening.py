"""How the reconciler is put together, and runs for as long as its cashier is at work."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass

from producer.handover import Announcer, Handover
from producer.reconciling.expiry import Expiry
from producer.reconciling.failures import Failures
from producer.reconciling.fresh_tickets import FreshTickets
from producer.reconciling.line_watch import LineWatch
from producer.reconciling.lost_tickets import Margins
from producer.reconciling.open_orders import OpenOrders
from producer.reconciling.reconciler import Reconciler, Rhythm
from producer.reconciling.retelling import Retelling
from producer.reconciling.unclean_stops import UncleanStops
from producer.settings import CashierSettings
from shared.aws.dead_letters import DeadLetters
from shared.runtime.clock import Clock
from shared.runtime.lifecycle import running
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
    handover: Handover
    line: LineWatch
    clock: Clock


@contextlib.asynccontextmanager
async def reconciling(
    settings: CashierSettings, around: Surroundings, hangup: asyncio.Event
) -> AsyncIterator[None]:
    """Reconcile for as long as the block lasts; then sign out, as a cashier that stops cleanly."""
    expire_after = dt.timedelta(seconds=settings.expire_after_seconds)
    retelling = Retelling(around.store, around.announcer, expire_after + dt.timedelta(hours=1))
    name = settings.cashier_name or f"{socket.gethostname()}-{settings.port}"
    unclean_stops = UncleanStops(name, around.store, around.handover, retelling, around.clock)
    open_orders = OpenOrders(around.store)
    reconciler = Reconciler(
        unclean_stops,
        Failures(around.dead_letters, around.store, around.handover, around.clock),
        FreshTickets(
            open_orders,
            around.store,
            around.line,
            around.handover,
            around.clock,
            _margins(settings),
        ),
        Expiry(around.store, open_orders, around.handover, around.clock, expire_after),
        around.handover,
        _rhythm(settings),
    )
    async with running(reconciler.run(hangup), "reconciler"):
        yield
    await unclean_stops.sign_out()


def _margins(settings: CashierSettings) -> Margins:
    on_aws = settings.aws_endpoint_url is None
    return Margins(
        settling=dt.timedelta(
            seconds=max(settings.order_seconds, _AWS_SETTLING_SECONDS if on_aws else 0)
        ),
        disorder=dt.timedelta(seconds=_DISORDER_SECONDS + settings.visibility_timeout),
        patience=dt.timedelta(seconds=2 * settings.visibility_timeout),
    )


def _rhythm(settings: CashierSettings) -> Rhythm:
    rounds = settings.reconcile_seconds
    costly = settings.store is StoreKind.DYNAMODB
    return Rhythm(rounds, looks=max(rounds, _DYNAMODB_LOOK_SECONDS) if costly else rounds)
