"""Builds the real cashier and the real barista on the ports of one process."""

from __future__ import annotations

import asyncio
import datetime as dt
import math
from collections.abc import Callable
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from producer.dead_letters.redriver import DeadLetterRedriver
from producer.documents.document import Document, Read
from producer.documents.hours import parse_hours
from producer.orders.admission import OrderAdmission, WaitEstimator
from producer.orders.backlog import Backlog
from producer.orders.cashier import Cashier, OrderRequest
from producer.orders.dispatcher import OrderDispatcher
from producer.orders.moves import OrderMoves
from producer.orders.opening_hours import OpeningHours
from producer.orders.order_ids import OrderIds
from producer.orders.updates import OrderUpdates
from producer.reconciling.failures import Failures
from producer.reconciling.republisher import Republisher
from shared.consuming.lease import LeaseKeeper
from shared.consuming.message import Message
from shared.consuming.work import Work
from shared.domain.errors import UnavailableError
from shared.domain.menu import Choice, Menu, MenuItem, OrderLineRequest
from shared.domain.order import Order
from shared.runtime.ttl_cache import TtlCache
from shared.store.document_contract import DocumentKind
from tests.model.host import Host
from tests.model.ports import announcer_of, dead_letters_of, queue_of, sqs_of, store_of
from tests.model.record import Record
from worker.barista import Announcer, Barista
from worker.claims import Claims
from worker.line import Line
from worker.people import PeoplesPreparation
from worker.preparation import TimedPreparation

LEASE = dt.timedelta(seconds=30)
LATTE = MenuItem(
    id="latte",
    name="Caffè latte",
    description="",
    category="coffee",
    prep_seconds=1,
    sizes=(Choice("large", "Large", 520),),
)
MENU = Menu("USD", (LATTE,))
ASKED = OrderRequest(
    customer_name="Ada",
    lines=[OrderLineRequest("latte", "large", modifiers=(), quantity=1, note=None)],
    fingerprint="f" * 64,
    correlation_id="abc",
    idempotency_key="the-order-of-ada",
)
UTC = ZoneInfo("UTC")
OWNER = "owner"
"""The name of the key of staff."""
IDS = OrderIds("a secret")
ORDER_ID = IDS.of_key("the-order-of-ada")


async def current_menu() -> Read[Menu]:
    """Give the menu, which does not change in the model."""
    return Read(1, MENU)


@dataclass(frozen=True)
class Counter:
    """The parts of a counter that the model runs."""

    cashier: Cashier
    moves: OrderMoves
    dispatcher: OrderDispatcher
    republisher: Republisher


@dataclass(frozen=True)
class Staff:
    """The classes that the model runs. Tests replace some by ones that leave out a precaution.

    A preparation takes `renewals` renewals of the claim; or it lasts until `people` end it.
    """

    record: Callable[[], Record] = Record
    cashier: type[Cashier] = Cashier
    dispatcher: type[OrderDispatcher] = OrderDispatcher
    barista: type[Barista] = Barista
    redriver: type[DeadLetterRedriver] = DeadLetterRedriver
    renewals: int = 0
    people: bool = False

    def behind_counter(self, host: Host, record: Record) -> Counter:
        """Open a counter in a process that has just been started."""
        store = store_of(host, record)
        queue = sqs_of(host, record)
        backlog = Backlog(queue)
        announcer = announcer_of(host, record)
        hours = OpeningHours(
            document=Document(
                DocumentKind.HOURS, store, parse_hours, "{}", lambda: record.now, lambda: 0
            ),
            store=store,
            timezone=UTC,
        )
        dispatcher = self.dispatcher(announcer, queue, backlog)
        cashier = self.cashier(
            store=store,
            menu=current_menu,
            admission=OrderAdmission(opening_hours=hours, backlog=backlog, backlog_limit=100),
            wait_estimator=WaitEstimator(
                heartbeats=TtlCache(lambda: store.worker_heartbeats(record.now), 1, lambda: 0),
                backlog=backlog,
                menu=current_menu,
                brew_speed=0,
            ),
            dispatcher=dispatcher,
            updates=OrderUpdates(store=store, jobs=queue, ids=IDS, clock=lambda: record.now),
            ids=IDS,
            clock=lambda: record.now,
            store_id="main",
        )
        moves = OrderMoves(
            store=store,
            dispatcher=dispatcher,
            clock=lambda: record.now,
            on_doubt=lambda _: record.doubt(),
        )
        return Counter(cashier, moves, dispatcher, Republisher(store, announcer, LEASE, math.inf))

    @staticmethod
    def failures(host: Host, record: Record, dispatcher: OrderDispatcher) -> Failures:
        """Read dead letters, as a newly started reconciler."""
        letters = dead_letters_of(host, record)
        return Failures(
            dead_letters=letters,
            store=store_of(host, record),
            dispatcher=dispatcher,
            clock=lambda: record.now,
        )

    def redrive_by(
        self, host: Host, record: Record, dispatcher: OrderDispatcher
    ) -> DeadLetterRedriver:
        """Redrive dead letters, as staff do."""
        letters = dead_letters_of(host, record)
        return self.redriver(
            dead_letters=letters,
            store=store_of(host, record),
            dispatcher=dispatcher,
            clock=lambda: record.now,
        )

    async def deliver(self, host: Host, record: Record, message: Message) -> None:
        """Handle a message, and settle it."""
        await self.at_work(host, record, announcer_of(host, record)).do(message)

    def at_work(self, host: Host, record: Record, announcer: Announcer) -> Work:
        """Build the consumer engine's work with a barista."""
        brew_speed = LATTE.prep_seconds / (LEASE.total_seconds() / 3 * (self.renewals + 0.5))
        store, queue = store_of(host, record), queue_of(host, record)
        claims = Claims(store=store, clock=lambda: record.now, duration=LEASE)
        barista = self.barista(
            store=store,
            announcer=announcer,
            tickets=sqs_of(host, record),
            claims=claims,
            preparation=(
                peoples_preparation(host, record, claims)
                if self.people
                else TimedPreparation(
                    claims=claims, wait=_no_time, brew_speed=brew_speed if self.renewals else 0
                )
            ),
            clock=lambda: record.now,
            wait=_no_time,
        )
        leases = LeaseKeeper(queue, LEASE.total_seconds())
        return Work(queue, barista.take, leases, lambda: 0)


def peoples_preparation(host: Host, record: Record, claims: Claims) -> PeoplesPreparation:
    """Wait for people; the worker looks only once there is something new to see."""

    async def look(_: float) -> None:
        try:
            await host.ask("look", lambda: None, (), changes=False, is_due=has_news)
        except UnavailableError:
            raise asyncio.CancelledError from None  # the process is gone, and its looks with it

    def has_news() -> bool:
        in_hand = [each.order for each in preparation._in_hand]  # noqa: SLF001 - what it waits for
        now = [record.orders[order.id] for order in in_hand]
        return list(map(_fence, in_hand)) != list(map(_fence, now)) or not in_hand

    preparation = PeoplesPreparation(store_of(host, record), claims, Line(), look, lambda: 0)
    return preparation


def _fence(order: Order) -> tuple[int, int]:
    return order.version, order.attempt


async def _no_time(_: float) -> None:
    """Do not wait: all that happens during a preparation can as well happen after it."""
