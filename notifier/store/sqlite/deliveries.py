"""The log of deliveries in the embedded store."""

from __future__ import annotations

import datetime as dt
import sqlite3
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from shared.clock import sortable
from shared.domain.delivery import Delivery, attempted, due_place
from shared.store.document import DELIVERY
from shared.store.sqlite.file import SqliteFile

_INSERT = """INSERT INTO deliveries
    (store_id, subscription_id, id, place, state, touched_at, document)
    VALUES (?, ?, ?, ?, ?, ?, ?)"""

_LOG_DUE = f"{_INSERT} ON CONFLICT DO NOTHING"

_LOG_ATTEMPT = f"""{_INSERT} ON CONFLICT DO UPDATE
    SET state = excluded.state, touched_at = excluded.touched_at, document = excluded.document
    WHERE state <> 'delivered' OR excluded.state = 'delivered'"""  # noqa: S608 - text of our own

_COUNT_DUE = """SELECT subscription_id, COUNT(*) FROM deliveries INDEXED BY deliveries_due
    WHERE store_id = ? AND state = 'due' GROUP BY subscription_id HAVING COUNT(*) > ?"""
"""SQLite would rather group by the primary key, through all that was ever delivered."""

_AFTER_ALL = "~"
"""Sorts after every id of a delivery, which begins with a digit."""


@dataclass(frozen=True)
class SqliteDeliveries:
    """The `DeliveryLog` of one shop, in a file that several shops may share."""

    store_id: str
    file: SqliteFile

    async def log_due(self, deliveries: Collection[Delivery]) -> None:
        """Record deliveries that are due, all or none."""
        rows = [_row(self.store_id, delivery) for delivery in deliveries]
        await self.file.write(lambda file: file.executemany(_LOG_DUE, rows).rowcount)

    async def delivery(self, subscription_id: str, delivery_id: str) -> Delivery | None:
        """Look a delivery up."""
        place = (self.store_id, subscription_id, delivery_id)
        return await self.file.read(lambda file: _get(file, place))

    async def claim_attempt(
        self, delivery: Delivery, at: dt.datetime, not_before: dt.datetime
    ) -> Delivery | None:
        """Count an attempt before it is made; see `DeliveryLog.claim_attempt`."""
        claimed = attempted(delivery, at, not_before)
        return await self.file.write(lambda file: _claim(file, self.store_id, delivery, claimed))

    async def log_attempt(self, delivery: Delivery) -> None:
        """Write a delivery over the one before; see `DeliveryLog.log_attempt`."""
        row = _row(self.store_id, delivery)
        await self.file.write(lambda file: file.execute(_LOG_ATTEMPT, row).rowcount)

    async def last_deliveries(
        self, subscription_id: str, limit: int, before: str = ""
    ) -> Sequence[Delivery]:
        """List deliveries to a subscriber, the newest event first."""
        place = (self.store_id, subscription_id, before or _AFTER_ALL)
        return await self.file.read(lambda file: _last(file, place, limit))

    async def due_deliveries(self, limit: int, after: str = "") -> Sequence[Delivery]:
        """List deliveries that are due, beyond a place among them."""
        return await self.file.read(lambda file: _due(file, self.store_id, limit, after))

    async def count_due(self, above: int) -> Mapping[str, int]:
        """Count what is due to each subscription that has more than `above` due."""
        place = (self.store_id, above)
        return await self.file.read(lambda file: dict(file.execute(_COUNT_DUE, place).fetchall()))


def _row(store_id: str, delivery: Delivery) -> tuple[str, ...]:
    return (
        store_id,
        delivery.subscription_id,
        delivery.id,
        due_place(delivery),
        delivery.state,
        sortable(delivery.tried_at or delivery.at),
        DELIVERY.dump_json(delivery).decode(),
    )


def _get(connection: sqlite3.Connection, place: tuple[str, str, str]) -> Delivery | None:
    row = connection.execute(
        "SELECT document FROM deliveries WHERE store_id = ? AND subscription_id = ? AND id = ?",
        place,
    ).fetchone()
    return None if row is None else DELIVERY.validate_json(row[0])


def _claim(
    connection: sqlite3.Connection,
    store_id: str,
    delivery: Delivery,
    claimed: Delivery,
) -> Delivery | None:
    if _get(connection, (store_id, delivery.subscription_id, delivery.id)) != delivery:
        return None
    connection.execute(_LOG_ATTEMPT, _row(store_id, claimed))
    return claimed


def _last(
    connection: sqlite3.Connection, before: tuple[str, str, str], limit: int
) -> Sequence[Delivery]:
    rows = connection.execute(
        "SELECT document FROM deliveries WHERE store_id = ? AND subscription_id = ?"
        " AND id < ? ORDER BY id DESC LIMIT ?",
        (*before, limit),
    )
    return [DELIVERY.validate_json(document) for (document,) in rows]


def _due(
    connection: sqlite3.Connection, store_id: str, limit: int, after: str
) -> Sequence[Delivery]:
    rows = connection.execute(
        "SELECT document FROM deliveries WHERE store_id = ? AND state = 'due' AND place > ?"
        " ORDER BY place LIMIT ?",
        (store_id, after, limit),
    )
    return [DELIVERY.validate_json(document) for (document,) in rows]
