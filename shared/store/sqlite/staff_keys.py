"""The keys of the staff in the embedded store."""

from __future__ import annotations

import datetime as dt
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from shared.clock import sortable
from shared.domain.change import Change
from shared.domain.staff import StaffKey, StaffKeyRecord, StaffRole, with_key
from shared.store.sqlite.changes import SqliteChanges
from shared.store.sqlite.connection import changing

_LIST = """SELECT id, name, role, digest, created_at, created_by FROM staff_keys
    WHERE store_id = ? ORDER BY created_at, id"""
_ADD = """INSERT INTO staff_keys (store_id, id, name, role, digest, created_at, created_by)
    VALUES (?, ?, ?, ?, ?, ?, ?)"""


@dataclass(frozen=True)
class SqliteStaffKeys(SqliteChanges):
    """The `StaffKeyStore` of one shop, in a file that several shops may share."""

    async def staff_keys(self) -> Sequence[StaffKeyRecord]:
        """List the keys, the oldest first."""
        return await self.reads.run(self._list)

    async def add_staff_key(self, new: StaffKeyRecord, change: Change) -> None:
        """Record a key; see `StaffKeyStore.add_staff_key`."""
        key = new.key
        values = (key.id, key.name, key.role, new.digest, sortable(new.created_at), new.created_by)

        def add(connection: sqlite3.Connection) -> int:
            with_key(self._list(connection), new)
            return connection.execute(_ADD, (self.store_id, *values)).rowcount

        await self.writes.run(self.with_change(add, change))

    async def withdraw_staff_key(self, key_id: str, change: Change) -> bool:
        """Delete a key; return whether there was one of that id."""
        statement = "DELETE FROM staff_keys WHERE store_id = ? AND id = ?"
        delete = changing(statement, self.store_id, key_id)
        return await self.writes.run(self.with_change(delete, change)) > 0

    def _list(self, connection: sqlite3.Connection) -> Sequence[StaffKeyRecord]:
        return [
            StaffKeyRecord(
                key=StaffKey(key_id, name, StaffRole(role)),
                digest=digest,
                created_at=dt.datetime.fromisoformat(created_at),
                created_by=created_by,
            )
            for key_id, name, role, digest, created_at, created_by in connection.execute(
                _LIST, (self.store_id,)
            )
        ]
