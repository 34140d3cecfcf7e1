"""Records at the proxies what was received, sent, announced and deleted, in order."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from shared.aws.names import Names
from shared.domain.order import Order, OrderState
from shared.store.contract import OrderStore
from tests.support.faults.aws_wire import Answer, Call

SETTLED = frozenset({OrderState.READY, OrderState.CANCELED, OrderState.FAILED})
"""The states in which a ticket has served its purpose."""

LONG = 2**20 - 2**12
"""Characters of a body beside which the reason of its dead letter may not fit."""


@dataclass(frozen=True, slots=True)
class Delivered:
    """One receipt of a ticket by `who`, at a monotonic time; a poison one has no `order_id`."""

    who: str
    message_id: str
    order_id: str | None
    body: str
    at: float


@dataclass(frozen=True, slots=True)
class Deletion:
    """The state of a ticket's order at the moment before the ticket was deleted.

    It is `announced` by the holder of the ticket, or was made by staff, whose cashier announces it;
    it is `replaced` if the order has another ticket.
    """

    message_id: str
    order_id: str | None
    state: OrderState | None
    announced: bool
    dead_lettered: bool
    replaced: bool = False


@dataclass
class Sightings:
    """What the witness has recorded, in order."""

    deliveries: list[Delivered] = field(default_factory=list)
    deletions: list[Deletion] = field(default_factory=list)
    tickets: Counter[str] = field(default_factory=Counter)
    """How many tickets of each order were confirmed."""

    announced: Counter[str] = field(default_factory=Counter)
    """How often each event id was published."""

    dead_lettered: Counter[str] = field(default_factory=Counter)
    """How often each body was sent to the dead-letter queue by a barista."""

    def in_hand(self, who: str, since: float) -> Collection[Delivered]:
        """What `who` has received since that time, and no one has deleted."""
        deleted = {deletion.message_id for deletion in self.deletions}
        return [
            delivered
            for delivered in self.deliveries
            if delivered.who == who
            and delivered.at >= since
            and delivered.message_id not in deleted
        ]


class QueueWitness:
    """Records the tickets and announcements of one shop."""

    def __init__(self, store: OrderStore, names: Names) -> None:
        self._store = store
        self._orders = f"/{names.orders}"
        self._dead_letters = f"/{names.dead_letters}"
        self._by_receipt: dict[str, Delivered] = {}
        self.seen = Sightings()

    async def before(self, _: str, call: Call) -> None:
        """Record deletions before they happen: by then the order must be finished."""
        if call.action == "DeleteMessageBatch" and self._is_about(call, self._orders):
            for entry in call.entries:
                if delivered := self._by_receipt.get(entry["ReceiptHandle"]):
                    self.seen.deletions.append(await self._deletion(delivered))

    async def after(self, who: str, call: Call, answer: Answer) -> None:
        """Record what took effect."""
        if answer.status != 200:
            return
        done = [entry for entry in call.entries if entry["Id"] not in answer.failed_ids]
        if call.action == "PublishBatch":
            self.seen.announced.update(_event_id(entry) for entry in done)
        elif call.action == "SendMessageBatch" and self._is_about(call, self._orders):
            self.seen.tickets.update(order_of(entry["MessageBody"]) or "" for entry in done)
        elif call.action == "SendMessageBatch" and self._is_about(call, self._dead_letters):
            self.seen.dead_lettered.update(entry["MessageBody"] for entry in done)
        elif call.action == "ReceiveMessage" and self._is_about(call, self._orders):
            for message in answer.document.get("Messages", []):
                self._delivered(who, message)

    def _delivered(self, who: str, message: Any) -> None:
        body = message["Body"]
        delivered = Delivered(who, message["MessageId"], order_of(body), body, time.monotonic())
        self._by_receipt[message["ReceiptHandle"]] = delivered
        self.seen.deliveries.append(delivered)

    async def _deletion(self, delivered: Delivered) -> Deletion:
        order = await self._store.get(delivered.order_id) if delivered.order_id else None
        return Deletion(
            message_id=delivered.message_id,
            order_id=delivered.order_id,
            state=order.state if order else None,
            announced=order is not None and self._end_was_announced(order),
            replaced=self._has_another(delivered),
            dead_lettered=any(is_copy(one, delivered.body) for one in self.seen.dead_lettered),
        )

    def _end_was_announced(self, order: Order) -> bool:
        versions = [n for n, entry in enumerate(order.timeline, 1) if entry.state in SETTLED]
        if not versions:
            return False
        end = versions[0]
        by_staff = order.timeline[end - 1].by is not None
        return by_staff or f"{order.id}:{end}" in self.seen.announced

    def _has_another(self, delivered: Delivered) -> bool:
        of_order = {
            one.message_id for one in self.seen.deletions if one.order_id == delivered.order_id
        }
        gone = of_order | {delivered.message_id}
        return self.seen.tickets[delivered.order_id or ""] > len(gone)

    @staticmethod
    def _is_about(call: Call, queue: str) -> bool:
        return bool(call.document["QueueUrl"].endswith(queue))


def is_copy(letter: str, body: str) -> bool:
    """Whether a dead letter is a copy of a ticket, possibly cut to make room for the reason."""
    return letter == body or (len(body) > LONG and letter != "" and body.startswith(letter))


def order_of(body: str) -> str | None:
    """Read the order id of a ticket; none if the body is not a ticket."""
    try:
        order_id = json.loads(body)["order_id"]
    except (ValueError, TypeError, KeyError):
        return None
    return order_id if isinstance(order_id, str) else None


def _event_id(entry: Any) -> str:
    event_id: str = json.loads(entry["Message"])["id"]
    return event_id
