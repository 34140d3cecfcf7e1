"""What is left when a run has come to rest: all that the invariants are judged by."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shared.domain.order import Order, OrderState
from shared.messages.announcement import CloudEvent
from tests.chaos.witness import Sightings
from tests.support.ledger import Ledger

FINISHED = frozenset(OrderState) - {OrderState.PLACED, OrderState.PREPARING}
"""The states in which an order may be when everything is at rest."""


@dataclass(frozen=True, slots=True)
class Outage:
    """A time during which the store or the queue was unavailable (monotonic seconds)."""

    began: float
    ended: float


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A ticket that was given up on, and why."""

    body: str
    reason: str | None


@dataclass(frozen=True, slots=True)
class AtRest:
    """The counts of the orders queue at the end."""

    visible: int
    in_flight: int


@dataclass(frozen=True, slots=True)
class Evidence:
    """The evidence of one run. `orders` are the store's, `announcements` a subscriber's.

    `hooked` are the events that a webhook subscriber received, if there is one. `secrets` must be
    in no log line and no announcement, nor may what customers gave.

    `poison` are bodies of tickets that can never be served; `logs` are the services' lines;
    `max_receive_count` is the queue's. Fields without a default are needed by every check.
    """

    ledger: Ledger
    orders: Sequence[Order]
    announcements: Sequence[CloudEvent]
    seen: Sightings
    at_rest: AtRest
    logs: Sequence[Mapping[str, Any]]
    hooked: Sequence[CloudEvent] | None = None
    secrets: Sequence[str] = ()
    dead_letters: Sequence[DeadLetter] = ()
    poison: Sequence[str] = ()
    outages: Sequence[Outage] = ()
    max_receive_count: int = 5

    @property
    def finished(self) -> Mapping[str, Order]:
        """The finished orders, by id."""
        return {order.id: order for order in self.orders if order.state in FINISHED}

    @property
    def lost(self) -> Sequence[str]:
        """Acknowledged orders that are not finished."""
        return list((Counter(self.ledger.acknowledged) - Counter([*self.finished])).elements())

    @property
    def duplicate_orders(self) -> int:
        """How many orders exceed one per customer, who asked for one."""
        names = Counter(order.customer_name for order in self.orders if order.remake_of is None)
        return names.total() - len(names)

    @property
    def duplicate_deliveries(self) -> int:
        """How often tickets were received again."""
        messages = Counter(delivered.message_id for delivered in self.seen.deliveries)
        return messages.total() - len(messages)
