"""The shop's status in the embedded store."""

from __future__ import annotations

import datetime as dt
import sqlite3
from dataclasses import dataclass

from shared.clock import sortable
from shared.domain.change import Change
from shared.domain.shop import ShopState, ShopStatus
from shared.store.sqlite.changes import SqliteChanges
from shared.store.sqlite.connection import changing


@dataclass(frozen=True)
class SqliteShop(SqliteChanges):
    """The `ShopStore` of one shop, in a file that several shops may share."""

    async def status(self) -> ShopStatus:
        """Read the shop's status."""

        def read(connection: sqlite3.Connection) -> ShopStatus:
            shop = (self.store_id,)
            items = connection.execute("SELECT item_id FROM sold_out WHERE store_id = ?", shop)
            sold_out = frozenset(item_id for (item_id,) in items)
            row = connection.execute(
                "SELECT state, reason, until FROM shops WHERE store_id = ?", shop
            ).fetchone()
            if row is None:
                return ShopStatus(sold_out=sold_out)
            state, reason, until = row
            reopens_at = None if until is None else dt.datetime.fromisoformat(until)
            return ShopStatus(ShopState(state), reason, reopens_at, sold_out)

        return await self.reads.run(read)

    async def set_state(
        self,
        state: ShopState,
        reason: str | None,
        until: dt.datetime | None,
        change: Change | None = None,
    ) -> None:
        """Open the shop, or close it."""
        write = changing(
            "INSERT OR REPLACE INTO shops (store_id, state, reason, until) VALUES (?, ?, ?, ?)",
            self.store_id,
            state,
            reason,
            None if until is None else sortable(until),
        )
        await self.writes.run(self.with_change(write, change))

    async def set_sold_out(
        self, what: str, *, sold_out: bool, change: Change | None = None
    ) -> None:
        """Take an item, a size or a modifier off the menu for now, or put it back."""
        statement = (
            "INSERT OR IGNORE INTO sold_out (store_id, item_id) VALUES (?, ?)"
            if sold_out
            else "DELETE FROM sold_out WHERE store_id = ? AND item_id = ?"
        )
        write = changing(statement, self.store_id, what)
        await self.writes.run(self.with_change(write, change))
