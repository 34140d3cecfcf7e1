"""A shop at one moment: who is at work, what is on its way, and whether anything is left to do."""

from __future__ import annotations

import datetime as dt
from collections import Counter as Counts
from collections.abc import Coroutine, Hashable
from contextlib import suppress
from dataclasses import asdict
from typing import Any

from producer.dead_letters.rules import must_fail
from producer.orders.errors import NotInThatStateError
from shared.aws.clients import AwsUnavailableError
from shared.aws.dead_letters import DeadLetter
from shared.domain.order import Order
from shared.store.contract import StoreUnavailableError
from tests.model import invariants
from tests.model.bounds import Bounds
from tests.model.host import Call, Host, gist
from tests.model.staff import ORDER_ID, Counter, Staff
from tests.model.stepped_loop import SteppedLoop

_REFUSED = (AwsUnavailableError, StoreUnavailableError, NotInThatStateError)

_THEN = dt.datetime.max.replace(tzinfo=dt.UTC)


class Shop:
    """Real cashiers and baristas, each before its next request, and the record they share."""

    def __init__(self, staff: Staff, bounds: Bounds, loop: SteppedLoop) -> None:
        self.staff = staff
        self.record = staff.record()
        self.left = Counts(asdict(bounds))
        self.counters: dict[Host, Counter] = {}
        self.baristas: dict[Host, str] = {}
        self.late: list[Call] = []
        self.moving: set[Host] = set()
        self.deciding: set[Host] = set()
        self.unread: set[str] = set()
        self.queue_lost = False
        self.must_republish = False
        self.excused: set[str] = set()
        self._loop = loop
        self._all: list[Host] = []
        for number in range(bounds.cashiers):
            self.open_counter(f"cashier {number + 1}")

    @property
    def hosts(self) -> tuple[Host, ...]:
        return (*self.counters, *self.baristas)

    @property
    def order(self) -> Order | None:
        return self.record.orders.get(ORDER_ID)

    @property
    def unfinished(self) -> bool:
        return self.order is not None and self.order.state in invariants.UNFINISHED

    @property
    def needs_fresh_ticket(self) -> bool:
        """Whether the reconciler will find that the order's ticket was lost."""
        gone = self.queue_lost and not self.record.tickets
        return gone and self.unfinished and not any(host.tasks for host in self.hosts)

    @property
    def is_claimed(self) -> bool:
        """Whether a claim on the order holds."""
        claim = self.order.claim if self.order else None
        return claim is not None and claim.until > self.record.now

    @property
    def must_read(self) -> bool:
        """Whether there are new dead letters, or the order is to fail once its claim has lapsed."""
        order = self.order
        if not self.unread.isdisjoint(self.record.dead_letters):
            return True
        letters = [
            DeadLetter(id=queued.id, body=queued.body, reason=None, attempts=5, sent_at=None)
            for queued in self.record.dead_letters.values()
        ]
        return order is not None and any(must_fail(order, letter, _THEN) for letter in letters)

    @property
    def rests(self) -> bool:
        """Whether nothing is under way, or will be without a new request."""
        if self.record.tickets or self.late or any(host.tasks for host in self.hosts):
            return False
        unannounced = any(
            counter.dispatcher.unannounced_since for counter in self.counters.values()
        )
        return not (unannounced or self.must_republish or self.must_read or self.needs_fresh_ticket)

    def open_counter(self, name: str) -> None:
        """Start a cashier's process."""
        host = self.new_host(name)
        self.counters[host] = self.staff.behind_counter(host, self.record)

    def new_host(self, name: str = "") -> Host:
        """Start a process; a barista's, unless it has a name."""
        name = name or f"barista {len(self._all) - len(self.counters) + 1}"
        host = Host(name, self._loop, lambda: self.record.now)
        self._all.append(host)
        return host

    @staticmethod
    def begin(host: Host, work: Coroutine[Any, Any, None], why: Hashable) -> None:
        """Start work of a cashier, which may be refused or fail without an answer."""

        async def attempt() -> None:
            with suppress(*_REFUSED):
                await work

        host.start(attempt(), why)

    def settle(self) -> None:
        """Run every process up to its next request, and check the invariants at rest."""
        self._loop.run_ready()
        self.must_republish |= self.record.in_doubt
        self.record.in_doubt = False
        for host in self.hosts:
            host.reap()
            if host in self.baristas and not host.tasks:
                del self.baristas[host]
        if self.rests:
            record = self.record
            announced = {*record.announced, *self.excused}
            invariants.at_rest(record.orders, record.acknowledged, record.ticketed, announced)

    def key(self) -> int:
        """Identify this moment: equal keys have equal futures."""
        record = self.record
        moment = (
            record.now,
            [gist(order) for order in record.orders.values()],
            [(queued.id, max(queued.at, record.now)) for queued in record.tickets.values()],
            list(record.dead_letters),
            sorted(record.announced),
            sorted(record.ticketed.items()),
            [gist(order) for order in record.acknowledged.values()],
            list(self.left.values()),
            sorted(map(self._knowledge, self.counters)),
            sorted((ticket, host.memory) for host, ticket in self.baristas.items()),
            sorted(hash((call.what, call.about)) for call in self.late),
            sorted(self.excused),
            (self.queue_lost, self.must_republish, *sorted(self.unread)),
        )
        return hash(tuple(tuple(part) if isinstance(part, list) else part for part in moment))

    def close(self) -> None:
        """End all work under way."""
        for host in self._all:
            host.bury()
        self._loop.run_ready()

    def _knowledge(self, host: Host) -> int:
        """A cashier's memory, or 0 if its past no longer matters."""
        matters = (
            self.left["asks"] or host.tasks or self.counters[host].dispatcher.unannounced_since
        )
        return host.memory if matters else 0
