"""The order store, the queue and the topic, which all processes share; each request is atomic."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from dataclasses import replace as with_changes

from shared.consuming.message import Message
from shared.domain.order import Order
from shared.messages.announcement import CloudEvent
from shared.messages.ticket import Ticket
from shared.store.contract import OrderChangedError, Placement
from tests.model import invariants
from tests.support.orders import NOON


@dataclass(slots=True)
class Queued:
    """A ticket on the queue; it is visible from `at` on, when its lease runs out."""

    id: str
    body: str
    at: dt.datetime = NOON

    @property
    def order_id(self) -> str:
        return Ticket.model_validate_json(self.body).order_id

    @property
    def version(self) -> int:
        return Ticket.model_validate_json(self.body).version

    def message(self) -> Message:
        return Message(self.id, self.id, self.body)


class Record:
    """Checks each change against the invariants. `may_place` and `may_replace` are the fences."""

    def __init__(self) -> None:
        self.now = NOON
        self.orders: dict[str, Order] = {}
        self.tickets: dict[str, Queued] = {}
        self.rejected: dict[str, str] = {}
        self.dead_letters: dict[str, Queued] = {}
        self.announced: dict[str, CloudEvent] = {}
        self.ticketed: dict[str, int] = {}
        self.acknowledged: dict[str, Order] = {}
        self.in_doubt = False

    def doubt(self) -> None:
        """Note that a cashier does not know whether its write was made."""
        self.in_doubt = True

    def may_place(self, order: Order) -> bool:
        return order.id not in self.orders

    def may_replace(self, before: Order, after: Order) -> bool:  # noqa: ARG002 - an override uses it
        recorded = self.orders[before.id]
        return (recorded.version, recorded.attempt) == (before.version, before.attempt)

    def get(self, order_id: str) -> Order | None:
        return self.orders.get(order_id)

    def orders_by_id(self, order_ids: Collection[str]) -> tuple[Order, ...]:
        return tuple(order for order in self.orders.values() if order.id in order_ids)

    def place(self, order: Order) -> Placement:
        if not self.may_place(order):
            return Placement(self.orders[order.id], created=False)
        invariants.on_creating(self.orders.get(order.id))
        self.orders[order.id] = with_changes(order, number=f"{len(self.orders) + 1:03d}")
        return Placement(self.orders[order.id], created=True)

    def replace(self, before: Order, after: Order) -> None:
        if before.id not in self.orders or not self.may_replace(before, after):
            raise OrderChangedError(before.id)
        invariants.on_replacing(self.orders[before.id], before, after)
        self.orders[before.id] = after
        invariants.on_failing(after, self.redrivable)

    def announce(self, event: CloudEvent) -> None:
        invariants.on_announcing(self.orders.get(str(event.subject)), event)
        self.announced[event.id] = event

    def send(self, body: str) -> None:
        queued = Queued(f"ticket {sum(self.ticketed.values()) + 1}", body)
        self.ticketed[queued.order_id] = self.ticketed.get(queued.order_id, 0) + 1
        self.tickets[queued.id] = queued

    def delete(self, ticket: str) -> None:
        """Delete by any receipt: SQS may still accept an old one."""
        if queued := self.tickets.pop(ticket, None):
            others = [
                other.version
                for other in self.tickets.values()
                if other.order_id == queued.order_id
            ]
            order = self.orders.get(queued.order_id)
            invariants.on_deleting(order, self.announced, max(others, default=None))

    def extend(self, ticket: str, seconds: float) -> None:
        if ticket in self.tickets:
            self.tickets[ticket].at = self.now + dt.timedelta(seconds=seconds)

    def dead_letter(self, ticket: str, reason: str) -> None:
        if self.tickets.pop(ticket, None):
            self.rejected[ticket] = reason

    def give_up(self, ticket: str) -> None:
        """Dead-letter a ticket that was received too often."""
        self.dead_letters[ticket] = self.tickets.pop(ticket)

    def delete_letter(self, letter: str) -> None:
        if deleted := self.dead_letters.pop(letter, None):
            invariants.on_failing(self.orders.get(deleted.order_id), self.redrivable)

    @property
    def redrivable(self) -> Collection[str]:
        """The orders that dead letters name."""
        return {letter.order_id for letter in self.dead_letters.values()}

    def acknowledge(self, order: Order) -> None:
        """Record an order that a client got with a 2xx."""
        earlier = self.acknowledged.setdefault(order.id, order)
        invariants.on_acknowledging(order, earlier, self.orders.get(order.id), self.ticketed)
