"""Builds the real cashier and the real barista on the ports of one process."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from producer.dead_letters.redriver import DeadLetterRedriver
from producer.orders.admission import FrontDesk
from producer.orders.backlog import Backlog
from producer.orders.cashier import Cashier, Request, ShopPlace
from producer.orders.dispatcher import OrderDispatcher
from producer.orders.order_ids import OrderIds
from producer.orders.updates import OrderUpdates
from producer.orders.worker_heartbeats import WorkerHeartbeatCache
from producer.reconciling.failures import Failures
from producer.reconciling.republisher import Republisher
from shared.consuming.lease import LeaseKeeper
from shared.consuming.message import Message
from shared.consuming.work import Work
from shared.domain.menu import Choice, Menu, MenuItem, OrderLineRequest
from tests.model.host import Host
from tests.model.ports import announcer_of, dead_letters_of, queue_of, sqs_of, store_of, tickets_of
from tests.model.record import Record
from worker.barista import Announcer, Barista

LEASE = dt.timedelta(seconds=30)
LATTE = MenuItem("latte", "Caffè latte", "", "coffee", 1, (Choice("large", "Large", 520),))
MENU = Menu("USD", (LATTE,))
ASKED = Request(
    "Ada", [OrderLineRequest("latte", "large", (), 1, None)], "f" * 64, "abc", "the-order-of-ada"
)
UTC = ZoneInfo("UTC")
IDS = OrderIds("a secret")
ORDER_ID = IDS.of_key("the-order-of-ada")


@dataclass(frozen=True)
class Counter:
    """The parts of a counter that the model runs."""

    cashier: Cashier
    dispatcher: OrderDispatcher
    republisher: Republisher


@dataclass(frozen=True)
class Staff:
    """The classes that the model runs. Tests replace some by ones that leave out a precaution.

    A preparation takes `renewals` renewals of the claim.
    """

    record: Callable[[], Record] = Record
    cashier: type[Cashier] = Cashier
    dispatcher: type[OrderDispatcher] = OrderDispatcher
    barista: type[Barista] = Barista
    redriver: type[DeadLetterRedriver] = DeadLetterRedriver
    renewals: int = 0

    def behind_counter(self, host: Host, record: Record) -> Counter:
        """Open a counter in a process that has just been started."""
        store = store_of(host, record)
        tickets = tickets_of(host, record)
        backlog = Backlog(tickets)
        worker_heartbeats = WorkerHeartbeatCache(store, lambda: 0)
        desk = FrontDesk(store, worker_heartbeats, MENU, backlog, backlog_limit=100, brew_speed=0)
        announcer = announcer_of(host, record)
        dispatcher = self.dispatcher(announcer, tickets, backlog)
        updates = OrderUpdates(store, sqs_of(host, record), IDS, lambda: record.now)
        shop = ShopPlace("main", UTC)
        cashier = self.cashier(store, desk, dispatcher, updates, IDS, lambda: record.now, shop)
        return Counter(cashier, dispatcher, Republisher(store, announcer, LEASE))

    @staticmethod
    def failures(host: Host, record: Record, dispatcher: OrderDispatcher) -> Failures:
        """Read dead letters, as a newly started reconciler."""
        letters = dead_letters_of(host, record)
        return Failures(letters, store_of(host, record), dispatcher, lambda: record.now)

    def redrive_by(
        self, host: Host, record: Record, dispatcher: OrderDispatcher
    ) -> DeadLetterRedriver:
        """Redrive dead letters, as staff do."""
        letters = dead_letters_of(host, record)
        return self.redriver(letters, store_of(host, record), dispatcher, lambda: record.now)

    async def deliver(self, host: Host, record: Record, message: Message) -> None:
        """Handle a message, and settle it."""
        await self.at_work(host, record, announcer_of(host, record)).do(message)

    def at_work(self, host: Host, record: Record, announcer: Announcer) -> Work:
        """Build the consumer engine's work with a barista."""
        brew_speed = LATTE.prep_seconds / (LEASE.total_seconds() / 3 * (self.renewals + 0.5))
        barista = self.barista(
            store=store_of(host, record),
            announcer=announcer,
            clock=lambda: record.now,
            wait=_no_time,
            claim_for=LEASE,
            brew_speed=brew_speed if self.renewals else 0,
        )
        queue = queue_of(host, record)
        leases = LeaseKeeper(queue, LEASE.total_seconds())
        return Work(queue, barista.take, leases, lambda: 0)


async def _no_time(_: float) -> None:
    """Do not wait: all that happens during a preparation can as well happen after it."""
