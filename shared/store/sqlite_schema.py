"""The tables of the embedded store, and the version by which a file says that it has them."""

from __future__ import annotations

import sqlite3

from shared.store.contract import StoreUnavailableError

VERSION = 1

_TABLES = (
    """CREATE TABLE orders (
        id TEXT PRIMARY KEY,
        store_id TEXT NOT NULL,
        number TEXT NOT NULL,
        state TEXT NOT NULL,
        version INTEGER NOT NULL,
        attempt INTEGER NOT NULL,
        placed_at TEXT NOT NULL,
        document TEXT NOT NULL
    )""",
    "CREATE INDEX orders_newest ON orders (store_id, placed_at, id)",
    "CREATE INDEX orders_by_state ON orders (store_id, state, placed_at, id)",
    """CREATE TABLE numbers (
        store_id TEXT NOT NULL,
        business_day TEXT NOT NULL,
        last INTEGER NOT NULL,
        PRIMARY KEY (store_id, business_day)
    ) WITHOUT ROWID""",
    """CREATE TABLE shops (
        store_id TEXT PRIMARY KEY,
        state TEXT NOT NULL,
        reason TEXT,
        until TEXT
    ) WITHOUT ROWID""",
    """CREATE TABLE sold_out (
        store_id TEXT NOT NULL,
        item_id TEXT NOT NULL,
        PRIMARY KEY (store_id, item_id)
    ) WITHOUT ROWID""",
    """CREATE TABLE shifts (
        store_id TEXT NOT NULL,
        barista TEXT NOT NULL,
        slots INTEGER NOT NULL,
        until TEXT NOT NULL,
        PRIMARY KEY (store_id, barista)
    ) WITHOUT ROWID""",
    "CREATE TABLE checks (id INTEGER PRIMARY KEY CHECK (id = 1), made INTEGER NOT NULL)",
    f"PRAGMA user_version = {VERSION}",
)


class NewerSchemaError(StoreUnavailableError):
    """The file was written by a newer release, whose tables this one does not know."""

    def __init__(self, found: int) -> None:
        super().__init__(
            f"the order store's file is of schema version {found} and this release knows "
            f"{VERSION}: it was written by a newer release, so run that one"
        )
        self.found = found


def ensure_schema(connection: sqlite3.Connection) -> None:
    """Make the tables in a new file; raises NewerSchemaError when they are newer than ours."""
    if _version(connection) == 0:
        connection.execute("BEGIN IMMEDIATE")
        if _version(connection) == 0:  # no other process was quicker
            for statement in _TABLES:
                connection.execute(statement)
        connection.execute("COMMIT")
    found = _version(connection)
    if found > VERSION:
        raise NewerSchemaError(found)


def _version(connection: sqlite3.Connection) -> int:
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    return version
