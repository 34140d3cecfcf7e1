"""An order as the JSON document in which both stores keep it."""

from __future__ import annotations

from pydantic import TypeAdapter

from shared.domain.order import Order

_ORDER = TypeAdapter(Order)


def dump(order: Order) -> bytes:
    """Write an order as JSON."""
    return _ORDER.dump_json(order)


def load(document: bytes | str) -> Order:
    """Read an order back."""
    return _ORDER.validate_json(document)
