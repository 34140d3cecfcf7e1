"""The log of deliveries in the embedded store."""

from __future__ import annotations

import datetime as dt
import json
import sqlite3
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from shared.clock import sortable
from shared.domain.delivery import Delivery, DeliveryState, attempted, due_sort_key
from shared.store.document import DELIVERY
from shared.store.sqlite.connection import changing, documents
from shared.store.sqlite.file import SqliteRecords

_INSERT = """INSERT INTO deliveries
    (store_id, subscription_id, id, place, state, touched_at, document)
    VALUES (?, ?, ?, ?, ?, ?, ?)"""

_LOG_DUE = f"{_INSERT} ON CONFLICT DO NOTHING"

_LOG_ATTEMPT = f"""{_INSERT} ON CONFLICT (store_id, subscription_id, id) DO UPDATE
    SET state = excluded.state, touched_at = excluded.touched_at, document = excluded.document
    WHERE state <> 'delivered' OR excluded.state = 'delivered'"""  # noqa: S608 - text of our own

_GET = "SELECT document FROM deliveries WHERE store_id = ? AND subscription_id = ? AND id = ?"

_STATES = """SELECT state, COUNT(*) FROM deliveries
    WHERE store_id = ? AND id = ? AND subscription_id IN (SELECT value FROM json_each(?))
    GROUP BY state"""

_DELETE = """DELETE FROM deliveries WHERE rowid IN (
    SELECT rowid FROM deliveries WHERE store_id = ? AND subscription_id = ? LIMIT ?
)"""

_DELETED_AT_ONCE = 500

_COUNT_DUE = """SELECT subscription_id, COUNT(*) FROM deliveries INDEXED BY deliveries_due
    WHERE store_id = ? AND state = 'due' GROUP BY subscription_id HAVING COUNT(*) > ?"""
"""SQLite by itself would group by the primary key, and scan all that was ever delivered."""

_AFTER_ALL = "~"
"""Sorts after every id of a delivery, which begins with a digit."""


@dataclass(frozen=True)
class SqliteDeliveries(SqliteRecords):
    """The `DeliveryLog` of one shop, in a file that several shops may share."""

    async def log_due(self, deliveries: Collection[Delivery]) -> None:
        """Record deliveries that are due, all or none."""
        rows = [self._row(delivery) for delivery in deliveries]
        await self.writes.run(lambda db: db.executemany(_LOG_DUE, rows).rowcount)

    async def delivery(self, subscription_id: str, delivery_id: str) -> Delivery | None:
        """Read a delivery."""
        query = documents(DELIVERY, _GET, self.store_id, subscription_id, delivery_id)
        found = await self.reads.run(query)
        return found[0] if found else None

    async def claim_attempt(
        self, delivery: Delivery, at: dt.datetime, not_before: dt.datetime
    ) -> Delivery | None:
        """Count an attempt before it is made; see `DeliveryLog.claim_attempt`."""
        claimed = attempted(delivery, at, not_before)
        recorded = documents(DELIVERY, _GET, self.store_id, delivery.subscription_id, delivery.id)

        def claim(connection: sqlite3.Connection) -> Delivery | None:
            if recorded(connection) != [delivery]:
                return None
            connection.execute(_LOG_ATTEMPT, self._row(claimed))
            return claimed

        return await self.writes.run(claim)

    async def log_attempt(self, delivery: Delivery) -> None:
        """Write a delivery over the one before; see `DeliveryLog.log_attempt`."""
        await self.writes.run(changing(_LOG_ATTEMPT, *self._row(delivery)))

    async def delivery_states(
        self, subscription_ids: Collection[str], delivery_id: str
    ) -> Mapping[DeliveryState, int]:
        """Count the deliveries of one event to some subscribers, by state."""
        values = (self.store_id, delivery_id, json.dumps([*subscription_ids]))
        found = await self.reads.run(lambda db: db.execute(_STATES, values).fetchall())
        return {DeliveryState(state): count for state, count in found}

    async def last_deliveries(
        self, subscription_id: str, limit: int, before: str = ""
    ) -> Sequence[Delivery]:
        """List deliveries to a subscriber, the newest event first."""
        query = (
            "SELECT document FROM deliveries WHERE store_id = ? AND subscription_id = ?"
            " AND id < ? ORDER BY id DESC LIMIT ?"
        )
        values = (self.store_id, subscription_id, before or _AFTER_ALL, limit)
        return await self.reads.run(documents(DELIVERY, query, *values))

    async def delete_deliveries(self, subscription_id: str) -> int:
        """Delete all deliveries to a subscriber; other writes go in between."""
        delete = changing(_DELETE, self.store_id, subscription_id, _DELETED_AT_ONCE)
        deleted = 0
        while count := await self.writes.run(delete):
            deleted += count
        return deleted

    async def due_deliveries(self, limit: int, after: str = "") -> Sequence[Delivery]:
        """List deliveries that are due, beyond a sort key."""
        query = (
            "SELECT document FROM deliveries WHERE store_id = ? AND state = 'due' AND place > ?"
            " ORDER BY place LIMIT ?"
        )
        return await self.reads.run(documents(DELIVERY, query, self.store_id, after, limit))

    async def count_due(self, above: int) -> Mapping[str, int]:
        """Count the due deliveries of each subscription that has more than `above`."""
        values = (self.store_id, above)
        return dict(await self.reads.run(lambda db: db.execute(_COUNT_DUE, values).fetchall()))

    def _row(self, delivery: Delivery) -> tuple[str, ...]:
        return (
            self.store_id,
            delivery.subscription_id,
            delivery.id,
            due_sort_key(delivery),
            delivery.state,
            sortable(delivery.tried_at or delivery.at),
            DELIVERY.dump_json(delivery).decode(),
        )
