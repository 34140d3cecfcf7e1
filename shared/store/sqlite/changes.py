"""Who changed what, in the embedded store."""

from __future__ import annotations

import datetime as dt
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from shared.clock import sortable
from shared.domain.change import Change, Changed
from shared.store import cursor as cursors
from shared.store.sqlite.connection import changing
from shared.store.sqlite.file import SqliteRecords
from shared.store.staff_contract import ChangePage

_T = TypeVar("_T")

_RECORD = """INSERT INTO changes (store_id, at, id, by_key, what, detail)
    VALUES (?, ?, ?, ?, ?, ?)"""
_LIST = """SELECT at, by_key, what, detail, id FROM changes
    WHERE store_id = ? AND (at, id) < (?, ?) ORDER BY at DESC, id DESC LIMIT ?"""

_AFTER_ALL = cursors.Position("~", "")


@dataclass(frozen=True)
class SqliteChanges(SqliteRecords):
    """The `ChangeStore` of one shop, in a file that several shops may share."""

    async def record_change(self, change: Change) -> None:
        """Record a change of something that is not in the store."""
        await self.writes.run(self.with_change(lambda _: None, change))

    async def changes(self, limit: int, cursor: str | None = None) -> ChangePage:
        """List changes, the newest first; one more than `limit` shows that a page follows."""
        start = _AFTER_ALL if cursor is None else cursors.decode(cursor)

        def read(connection: sqlite3.Connection) -> Sequence[Change]:
            wanted = (self.store_id, start.placed_at, start.order_id, limit + 1)
            return [
                Change(dt.datetime.fromisoformat(at), by, Changed(what), detail, change_id)
                for at, by, what, detail, change_id in connection.execute(_LIST, wanted)
            ]

        return cursors.page_of_changes(await self.reads.run(read), limit)

    async def delete_changes(self, before: dt.datetime) -> int:
        """Delete the changes made before then; return how many."""
        statement = "DELETE FROM changes WHERE store_id = ? AND at < ?"
        return await self.writes.run(changing(statement, self.store_id, sortable(before)))

    def with_change(
        self, step: Callable[[sqlite3.Connection], _T], change: Change | None
    ) -> Callable[[sqlite3.Connection], _T]:
        """Make the step that also records its change, unless it changes nothing (gives 0)."""

        def both(connection: sqlite3.Connection) -> _T:
            result = step(connection)
            if change is not None and result != 0:
                values = (change.by, change.what, change.detail)
                connection.execute(
                    _RECORD, (self.store_id, sortable(change.at), change.id, *values)
                )
            return result

        return both
