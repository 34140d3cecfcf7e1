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
    """A time during which the store or the queue was out of reach (monotonic seconds)."""

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
    """All that is known of one run. `orders` are the store's, `announcements` a subscriber's.

    `hooked` is what a subscriber with a webhook was told, where there is one. `secrets` are what
    must be in no log line and in no announcement, besides what customers gave.

    `poison` are bodies of tickets that can never be served; `logs` are the services' lines;
    `max_receive_count` is the queue's. What has no default, no invariant should be judged without.
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
        """The orders that have come to an end, by their id."""
        return {order.id: order for order in self.orders if order.state in FINISHED}

    @property
    def lost(self) -> Sequence[str]:
        """Orders that clients rely on and that have come to no end: acknowledged less finished."""
        return list((Counter(self.ledger.acknowledged) - Counter([*self.finished])).elements())

    @property
    def duplicate_orders(self) -> int:
        """How many orders stand beside another of the same customer, who asked for one."""
        names = Counter(order.customer_name for order in self.orders)
        return names.total() - len(names)

    @property
    def duplicate_deliveries(self) -> int:
        """How often a ticket was delivered beyond its first time."""
        messages = Counter(delivered.message_id for delivered in self.seen.deliveries)
        return messages.total() - len(messages)
