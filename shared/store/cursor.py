"""The cursor of a page of orders: an opaque text that both stores write and read."""

from __future__ import annotations

import base64
import datetime as dt
from dataclasses import dataclass

from shared.clock import sortable
from shared.domain.order import Order
from shared.store.contract import InvalidCursorError


@dataclass(frozen=True, slots=True)
class Position:
    """An order's position in the list of all: when it was placed (sortable), then its id."""

    placed_at: str
    order_id: str


def position(order: Order) -> Position:
    """Give an order's position in the list."""
    return Position(sortable(order.placed_at), order.id)


def encode(position: Position) -> str:
    """Write a position as a cursor."""
    return base64.urlsafe_b64encode(f"{position.placed_at} {position.order_id}".encode()).decode()


def decode(cursor: str) -> Position:
    """Read a cursor; raises InvalidCursorError when `encode` did not write it."""
    try:
        text = base64.b64decode(cursor.encode("ascii"), altchars=b"-_", validate=True).decode()
        placed_at, _, order_id = text.partition(" ")
        genuine = sortable(dt.datetime.fromisoformat(placed_at)) == placed_at
    except (ValueError, OverflowError):
        genuine, placed_at, order_id = False, "", ""
    if not (genuine and order_id):
        raise InvalidCursorError("the cursor is not one that a page came with")
    return Position(placed_at, order_id)
