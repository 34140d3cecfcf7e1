"""The statements by which the embedded store keeps the shop's status and its shifts."""

from __future__ import annotations

import datetime as dt
import sqlite3
from collections.abc import Sequence

from shared.clock import sortable
from shared.domain.shop import CashierHeartbeat, ShopState, ShopStatus, WorkerHeartbeat

_FORGOTTEN_AFTER = dt.timedelta(days=1)
"""How long the shift of a barista that never clocked out stays in the file."""


def status(connection: sqlite3.Connection, store_id: str) -> ShopStatus:
    """Look the shop's status up."""
    items = connection.execute("SELECT item_id FROM sold_out WHERE store_id = ?", (store_id,))
    sold_out = frozenset(item_id for (item_id,) in items)
    row = connection.execute(
        "SELECT state, reason, until FROM shops WHERE store_id = ?", (store_id,)
    ).fetchone()
    if row is None:
        return ShopStatus(sold_out=sold_out)
    state, reason, until = row
    return ShopStatus(
        state=ShopState(state),
        reason=reason,
        until=_read(until),
        sold_out=sold_out,
    )


def set_state(
    connection: sqlite3.Connection,
    store_id: str,
    state: ShopState,
    reason: str | None,
    until: dt.datetime | None,
) -> None:
    """Write the shop's state over the one before."""
    connection.execute(
        "INSERT OR REPLACE INTO shops (store_id, state, reason, until) VALUES (?, ?, ?, ?)",
        (store_id, state, reason, _written(until)),
    )


def set_sold_out(
    connection: sqlite3.Connection, store_id: str, item_id: str, *, sold_out: bool
) -> None:
    """Add an item to what is sold out, or take it away."""
    connection.execute(
        "INSERT OR IGNORE INTO sold_out (store_id, item_id) VALUES (?, ?)"
        if sold_out
        else "DELETE FROM sold_out WHERE store_id = ? AND item_id = ?",
        (store_id, item_id),
    )


def record_worker_heartbeat(
    connection: sqlite3.Connection, store_id: str, shift: WorkerHeartbeat
) -> None:
    """Write a barista's shift over the one before; forget those that ended long ago."""
    connection.execute(
        "INSERT OR REPLACE INTO shifts"
        " (store_id, barista, slots, until, head, in_hand, prepared, prep_seconds)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            store_id,
            shift.barista,
            shift.slots,
            sortable(shift.until),
            _written(shift.head),
            shift.in_hand,
            shift.prepared,
            shift.prep_seconds,
        ),
    )
    connection.execute(
        "DELETE FROM shifts WHERE store_id = ? AND until < ?",
        (store_id, sortable(shift.until - _FORGOTTEN_AFTER)),
    )


def remove_worker_heartbeat(connection: sqlite3.Connection, store_id: str, barista: str) -> None:
    """Forget a barista."""
    connection.execute("DELETE FROM shifts WHERE store_id = ? AND barista = ?", (store_id, barista))


def worker_heartbeats(
    connection: sqlite3.Connection, store_id: str, at: dt.datetime
) -> Sequence[WorkerHeartbeat]:
    """List the baristas whose time is not over."""
    rows = connection.execute(
        "SELECT barista, slots, until, head, in_hand, prepared, prep_seconds FROM shifts"
        " WHERE store_id = ? AND until > ? ORDER BY barista",
        (store_id, sortable(at)),
    )
    return [
        WorkerHeartbeat(barista, slots, dt.datetime.fromisoformat(until), _read(head), *measures)
        for barista, slots, until, head, *measures in rows
    ]


def record_cashier_heartbeat(
    connection: sqlite3.Connection, store_id: str, sign: CashierHeartbeat
) -> None:
    """Write a cashier's sign of life over the one before."""
    connection.execute(
        "INSERT OR REPLACE INTO cashiers (store_id, cashier, at, untold_since) VALUES (?, ?, ?, ?)",
        (store_id, sign.cashier, sortable(sign.at), _written(sign.unannounced_since)),
    )


def remove_cashier_heartbeat(connection: sqlite3.Connection, store_id: str, cashier: str) -> None:
    """Forget a cashier."""
    connection.execute(
        "DELETE FROM cashiers WHERE store_id = ? AND cashier = ?", (store_id, cashier)
    )


def cashier_heartbeats(connection: sqlite3.Connection, store_id: str) -> Sequence[CashierHeartbeat]:
    """List the cashiers that have not signed out."""
    rows = connection.execute(
        "SELECT cashier, at, untold_since FROM cashiers WHERE store_id = ? ORDER BY cashier",
        (store_id,),
    )
    return [
        CashierHeartbeat(cashier, dt.datetime.fromisoformat(at), _read(unannounced_since))
        for cashier, at, unannounced_since in rows
    ]


def order_id_secret(connection: sqlite3.Connection, store_id: str, candidate: str) -> str:
    """Record the secret of order ids, unless there is one; give the one that is recorded."""
    connection.execute(
        "INSERT INTO secrets (store_id, order_ids) VALUES (?, ?) ON CONFLICT DO NOTHING",
        (store_id, candidate),
    )
    row = connection.execute("SELECT order_ids FROM secrets WHERE store_id = ?", (store_id,))
    secret: str = row.fetchone()[0]
    return secret


def _written(at: dt.datetime | None) -> str | None:
    return None if at is None else sortable(at)


def _read(at: str | None) -> dt.datetime | None:
    return None if at is None else dt.datetime.fromisoformat(at)
