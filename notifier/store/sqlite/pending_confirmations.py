"""Confirmation requests that addresses have not answered, in the embedded store."""

from __future__ import annotations

import datetime as dt
import sqlite3
from dataclasses import dataclass

from shared.clock import sortable
from shared.store.sqlite.connection import changing
from shared.store.sqlite.file import SqliteRecords

_RESERVE = """INSERT INTO questions (store_id, address, place, subscription_id, until)
    VALUES (?, ?, ?, ?, ?)
    ON CONFLICT (store_id, address, place) DO UPDATE
    SET subscription_id = excluded.subscription_id, until = excluded.until
    WHERE subscription_id = excluded.subscription_id OR until <= ?"""

_RELEASE = "DELETE FROM questions WHERE store_id = ? AND address = ? AND subscription_id = ?"


@dataclass(frozen=True)
class SqlitePendingConfirmations(SqliteRecords):
    """The `PendingConfirmations` of one shop, in a file that several shops may share."""

    async def reserve_confirmation(
        self,
        address: str,
        subscription_id: str,
        at: dt.datetime,
        *,
        limit: int,
        lifetime: dt.timedelta,
    ) -> bool:
        """Reserve one of an address's requests for a subscription; return whether it has one."""
        times = sortable(at + lifetime), sortable(at)
        rows = [(self.store_id, address, number, subscription_id) for number in range(limit)]

        def reserve(connection: sqlite3.Connection) -> bool:
            return any(connection.execute(_RESERVE, (*row, *times)).rowcount for row in rows)

        return await self.writes.run(reserve)

    async def release_confirmation(self, address: str, subscription_id: str) -> None:
        """Free the request that a subscription has reserved, if it has one."""
        await self.writes.run(changing(_RELEASE, self.store_id, address, subscription_id))
