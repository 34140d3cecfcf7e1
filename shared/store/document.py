"""The JSON documents in which both stores keep orders, subscriptions, deliveries and issues."""

from __future__ import annotations

from pydantic import TypeAdapter

from shared.domain.delivery import Delivery
from shared.domain.issue import Issue
from shared.domain.order import Order
from shared.domain.subscription import Subscription

SUBSCRIPTION: TypeAdapter[Subscription] = TypeAdapter(Subscription)
DELIVERY: TypeAdapter[Delivery] = TypeAdapter(Delivery)
ISSUE: TypeAdapter[Issue] = TypeAdapter(Issue)

_ORDER = TypeAdapter(Order)


def dump(order: Order) -> bytes:
    """Write an order as JSON."""
    return _ORDER.dump_json(order)


def load(document: bytes | str) -> Order:
    """Read an order back."""
    return _ORDER.validate_json(document)
