"""The cursor of a page: an opaque text that both stores write and read."""

from __future__ import annotations

import base64
import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from shared.clock import sortable
from shared.domain.change import Change
from shared.domain.order import Order
from shared.store.contract import InvalidCursorError
from shared.store.staff_contract import ChangePage


@dataclass(frozen=True, slots=True)
class Position:
    """An order's position in the list of all: when it was placed (sortable), then its id.

    A change has the time when it was made, and its id.
    """

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


def page_of_changes(found: Sequence[Change], limit: int) -> ChangePage:
    """Make a page of up to `limit` changes; another one shows that a page follows."""
    if len(found) <= limit:
        return ChangePage(found, None)
    last = found[limit - 1]
    return ChangePage(found[:limit], encode(Position(sortable(last.at), last.id)))
