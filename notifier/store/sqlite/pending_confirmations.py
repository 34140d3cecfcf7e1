"""What addresses were asked and have not answered, in the embedded store."""

from __future__ import annotations

import datetime as dt
import sqlite3
from dataclasses import dataclass

from shared.clock import sortable
from shared.store.sqlite.file import SqliteFile

_TAKE = """INSERT INTO questions (store_id, address, place, subscription_id, until)
    VALUES (?, ?, ?, ?, ?)
    ON CONFLICT DO UPDATE SET subscription_id = excluded.subscription_id, until = excluded.until
    WHERE subscription_id = excluded.subscription_id OR until <= ?"""

_GIVE_BACK = "DELETE FROM questions WHERE store_id = ? AND address = ? AND subscription_id = ?"


@dataclass(frozen=True)
class SqlitePendingConfirmations:
    """The `PendingConfirmations` of one shop, in a file that several shops may share."""

    store_id: str
    file: SqliteFile

    async def reserve_confirmation(
        self,
        address: str,
        subscription_id: str,
        at: dt.datetime,
        *,
        places: int,
        hold: dt.timedelta,
    ) -> bool:
        """Take one of an address's places for a subscription; tell whether it has one now."""
        times = sortable(at + hold), sortable(at)

        def take(file: sqlite3.Connection) -> bool:
            rows = [(self.store_id, address, place, subscription_id) for place in range(places)]
            return any(file.execute(_TAKE, (*row, *times)).rowcount for row in rows)

        return await self.file.write(take)

    async def release_confirmation(self, address: str, subscription_id: str) -> None:
        """Make the place free that a subscription has, if it has one."""
        row = (self.store_id, address, subscription_id)
        await self.file.write(lambda file: file.execute(_GIVE_BACK, row).rowcount)
