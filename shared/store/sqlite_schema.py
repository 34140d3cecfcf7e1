"""The tables of the embedded store, and the version by which a file says that it has them."""

from __future__ import annotations

import sqlite3

from shared.store.contract import StoreUnavailableError

_FIRST_TABLES = (
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
        head TEXT,
        PRIMARY KEY (store_id, barista)
    ) WITHOUT ROWID""",
    """CREATE TABLE cashiers (
        store_id TEXT NOT NULL,
        cashier TEXT NOT NULL,
        at TEXT NOT NULL,
        untold_since TEXT,
        PRIMARY KEY (store_id, cashier)
    ) WITHOUT ROWID""",
    """CREATE TABLE secrets (
        store_id TEXT PRIMARY KEY,
        order_ids TEXT NOT NULL
    ) WITHOUT ROWID""",
    "CREATE TABLE checks (id INTEGER PRIMARY KEY CHECK (id = 1), made INTEGER NOT NULL)",
)

_STEPS = (_FIRST_TABLES,)
"""What makes each version out of the one before; a step that was released is never changed."""

VERSION = len(_STEPS)


class NewerSchemaError(StoreUnavailableError):
    """The file was written by a newer release, whose tables this one does not know."""

    def __init__(self, found: int) -> None:
        super().__init__(
            f"the order store's file is of schema version {found} and this release knows "
            f"{VERSION}: it was written by a newer release, so run that one"
        )
        self.found = found


def ensure_schema(connection: sqlite3.Connection) -> None:
    """Bring a new or an older file to our tables; raises NewerSchemaError when it is newer."""
    if _version(connection) < VERSION:
        connection.execute("BEGIN IMMEDIATE")
        # Read again: another process may have been quicker.
        for steps in _STEPS[_version(connection) :]:
            for statement in steps:
                connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {max(VERSION, _version(connection))}")
        connection.execute("COMMIT")
    found = _version(connection)
    if found > VERSION:
        raise NewerSchemaError(found)


def _version(connection: sqlite3.Connection) -> int:
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    return version
