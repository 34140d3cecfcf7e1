"""Single values of a shop in the embedded store, each in a table of its own."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass

from shared.store.contract import ValueKey
from shared.store.sqlite.connection import changing
from shared.store.sqlite.file import SqliteRecords

_COLUMNS: Mapping[ValueKey, tuple[str, str]] = {
    ValueKey.ORDER_ID_SECRET: ("secrets", "order_ids"),
    ValueKey.LINK_SECRET: ("link_secrets", "secret"),
    ValueKey.QUEUE_EPOCH: ("queue_marks", "mark"),
}
"""The table and the column of each."""


@dataclass(frozen=True)
class SqliteKeyValues(SqliteRecords):
    """The `KeyValueStore` of one shop, in a file that several shops may share."""

    async def value(self, key: ValueKey) -> str | None:
        """Read a value."""
        table, column = _COLUMNS[key]
        return await self.reads.run(lambda db: _read(db, table, column, self.store_id))

    async def set_value(self, key: ValueKey, value: str) -> None:
        """Record a value in place of the one before."""
        table, column = _COLUMNS[key]
        statement = (
            f"INSERT INTO {table} (store_id, {column}) VALUES (?, ?)"  # noqa: S608 - text of our own
            f" ON CONFLICT (store_id) DO UPDATE SET {column} = excluded.{column}"
        )
        await self.writes.run(changing(statement, self.store_id, value))

    async def get_or_set_value(self, key: ValueKey, candidate: str) -> str:
        """Give the recorded value; `candidate` is recorded when there is none."""
        table, column = _COLUMNS[key]
        statement = f"INSERT INTO {table} (store_id, {column}) VALUES (?, ?) ON CONFLICT DO NOTHING"  # noqa: S608 - text of our own

        def get_or_set(connection: sqlite3.Connection) -> str:
            connection.execute(statement, (self.store_id, candidate))
            return _read(connection, table, column, self.store_id) or candidate

        return await self.writes.run(get_or_set)


def _read(connection: sqlite3.Connection, table: str, column: str, store_id: str) -> str | None:
    query = f"SELECT {column} FROM {table} WHERE store_id = ?"  # noqa: S608 - text of our own
    row = connection.execute(query, (store_id,)).fetchone()
    return None if row is None else row[0]
