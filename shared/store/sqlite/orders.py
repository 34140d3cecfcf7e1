"""The statements by which the embedded store keeps orders."""

from __future__ import annotations

import datetime as dt
import itertools
import sqlite3
from collections.abc import Collection, Container, Sequence
from dataclasses import replace as with_changes

from shared.clock import sortable
from shared.domain.order import OPEN_STATES, Order, OrderState
from shared.store import cursor as cursors
from shared.store.contract import OrderChangedError, Page, Placement
from shared.store.document import dump, load

_LAST = cursors.Position("~", "")
"""Sorts after every position, as `~` does after every digit."""

_NEWEST_IN_STATE = """SELECT * FROM (
    SELECT placed_at, id, document FROM orders
    WHERE store_id = ? AND state = ? ORDER BY placed_at DESC, id DESC LIMIT ?
)"""

_PLACES_IN_STATE = "SELECT placed_at, id FROM orders WHERE store_id = ? AND state = ?"


def place(connection: sqlite3.Connection, order: Order, business_day: dt.date) -> Placement:
    """Record an order with the day's next number, unless its id is taken."""
    recorded = get(connection, order.id)
    if recorded is not None:
        return Placement(recorded, created=False)
    numbered = with_changes(order, number=_next_number(connection, order.store_id, business_day))
    connection.execute(
        "INSERT INTO orders (id, store_id, number, state, version, attempt, placed_at, document)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            numbered.id,
            numbered.store_id,
            numbered.number,
            numbered.state,
            numbered.version,
            numbered.attempt,
            sortable(numbered.placed_at),
            dump(numbered).decode(),
        ),
    )
    return Placement(numbered, created=True)


def _next_number(connection: sqlite3.Connection, store_id: str, business_day: dt.date) -> str:
    row = connection.execute(
        "INSERT INTO numbers (store_id, business_day, last) VALUES (?, ?, 1)"
        " ON CONFLICT DO UPDATE SET last = last + 1 RETURNING last",
        (store_id, business_day.isoformat()),
    ).fetchone()
    return f"{row[0]:03d}"


def get(connection: sqlite3.Connection, order_id: str) -> Order | None:
    """Look an order up."""
    row = connection.execute("SELECT document FROM orders WHERE id = ?", (order_id,)).fetchone()
    return None if row is None else load(row[0])


def replace(connection: sqlite3.Connection, before: Order, after: Order) -> None:
    """Write `after` over the version and attempt of `before`; raises OrderChangedError."""
    written = connection.execute(
        "UPDATE orders SET state = ?, version = ?, attempt = ?, document = ?"
        " WHERE id = ? AND version = ? AND attempt = ?",
        (
            after.state,
            after.version,
            after.attempt,
            dump(after).decode(),
            before.id,
            before.version,
            before.attempt,
        ),
    )
    if written.rowcount == 0:
        raise OrderChangedError(before.id)


def page(
    connection: sqlite3.Connection,
    store_id: str,
    state: OrderState | None,
    limit: int,
    cursor: str | None,
) -> Page:
    """List orders older than the cursor; one more than asked for tells of a next page."""
    start = _LAST if cursor is None else cursors.decode(cursor)
    in_state, states = ("", ()) if state is None else ("AND state = ?", (state,))
    rows = connection.execute(
        f"SELECT document FROM orders WHERE store_id = ? {in_state} AND (placed_at, id) < (?, ?)"  # noqa: S608 - text of our own
        " ORDER BY placed_at DESC, id DESC LIMIT ?",
        (store_id, *states, start.placed_at, start.order_id, limit + 1),
    )
    orders = [load(document) for (document,) in rows]
    if len(orders) <= limit:
        return Page(orders, None)
    return Page(orders[:limit], cursors.encode(cursors.position(orders[limit - 1])))


def open_orders(
    connection: sqlite3.Connection, store_id: str, states: Collection[OrderState], limit: int
) -> Sequence[Order]:
    """List open orders, by one walk through the index for each state."""
    wanted = OPEN_STATES.intersection(states)
    if not wanted:
        return []
    rows = connection.execute(
        f"{' UNION ALL '.join([_NEWEST_IN_STATE] * len(wanted))}"
        " ORDER BY placed_at DESC, id DESC LIMIT ?",
        (*(value for state in wanted for value in (store_id, state, limit)), limit),
    )
    return [load(document) for _, _, document in rows]


def oldest_open_orders(
    connection: sqlite3.Connection, store_id: str, known: Container[str], limit: int
) -> Sequence[Order]:
    """List open orders; ids are read from the index alone, documents only of those wanted."""
    ids = connection.execute(
        f"{' UNION ALL '.join([_PLACES_IN_STATE] * len(OPEN_STATES))} ORDER BY placed_at, id",
        [value for state in OPEN_STATES for value in (store_id, state)],
    )
    wanted = itertools.islice((order_id for _, order_id in ids if order_id not in known), limit)
    found = (get(connection, order_id) for order_id in list(wanted))
    return [order for order in found if order is not None]


def count_placed(
    connection: sqlite3.Connection, store_id: str, since: dt.datetime, until: dt.datetime
) -> int:
    """Count orders by the index alone."""
    row = connection.execute(
        "SELECT count(*) FROM orders WHERE store_id = ? AND placed_at >= ? AND placed_at < ?",
        (store_id, sortable(since), sortable(until)),
    ).fetchone()
    count: int = row[0]
    return count
