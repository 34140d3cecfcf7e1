"""The tables of the embedded store, and the version of the schema that a file has.

Tables and columns keep the names that they were released with, `shifts` or `untold_since`, even
where the code has found a better word: files carry them.
"""

from __future__ import annotations

import sqlite3

import structlog

from shared.store.contract import StoreUnavailableError

log = structlog.stdlib.get_logger(__name__)

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

_NOTIFIER_TABLES = (
    """CREATE TABLE topics (
        store_id TEXT NOT NULL,
        name TEXT NOT NULL,
        description TEXT NOT NULL,
        PRIMARY KEY (store_id, name)
    ) WITHOUT ROWID""",
    """CREATE TABLE issues (
        store_id TEXT NOT NULL,
        id TEXT NOT NULL,
        at TEXT NOT NULL,
        announced INTEGER NOT NULL DEFAULT 0,
        document TEXT NOT NULL,
        PRIMARY KEY (store_id, id)
    )""",
    "CREATE INDEX issues_by_time ON issues (store_id, announced, at, id)",
    """CREATE TABLE subscriptions (
        store_id TEXT NOT NULL,
        id TEXT NOT NULL,
        topic TEXT NOT NULL,
        state TEXT NOT NULL,
        version INTEGER NOT NULL,
        created_at TEXT NOT NULL,
        since TEXT NOT NULL,
        document TEXT NOT NULL,
        PRIMARY KEY (store_id, id)
    )""",
    "CREATE INDEX subscriptions_by_state ON subscriptions (store_id, state, created_at, id)",
    "CREATE INDEX subscriptions_active ON subscriptions (store_id, topic) WHERE state = 'active'",
    "CREATE INDEX subscriptions_ended ON subscriptions (store_id, since) WHERE state = 'ended'",
    """CREATE TABLE routes (
        store_id TEXT NOT NULL,
        route TEXT NOT NULL,
        subscription_id TEXT NOT NULL,
        PRIMARY KEY (store_id, route, subscription_id)
    ) WITHOUT ROWID""",
    """CREATE TABLE deliveries (
        store_id TEXT NOT NULL,
        subscription_id TEXT NOT NULL,
        id TEXT NOT NULL,
        place TEXT NOT NULL,
        state TEXT NOT NULL,
        touched_at TEXT NOT NULL,
        document TEXT NOT NULL,
        PRIMARY KEY (store_id, subscription_id, id)
    )""",
    "CREATE INDEX deliveries_due ON deliveries (store_id, place) WHERE state = 'due'",
    "CREATE INDEX deliveries_done ON deliveries (store_id, touched_at) WHERE state <> 'due'",
    """CREATE TABLE questions (
        store_id TEXT NOT NULL,
        address TEXT NOT NULL,
        place INTEGER NOT NULL,
        until TEXT NOT NULL,
        PRIMARY KEY (store_id, address, place)
    )""",
    "CREATE INDEX questions_over ON questions (store_id, until)",
    """CREATE TABLE link_secrets (
        store_id TEXT PRIMARY KEY,
        secret TEXT NOT NULL
    ) WITHOUT ROWID""",
)

_ORDERS_IN_HAND = ("ALTER TABLE shifts ADD COLUMN in_hand INTEGER NOT NULL DEFAULT 0",)

_MEASURED_PREPARATIONS = (
    "ALTER TABLE shifts ADD COLUMN prepared INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE shifts ADD COLUMN prep_seconds REAL NOT NULL DEFAULT 0",
)

_CONFIRMATION_OWNERS = (
    "ALTER TABLE questions ADD COLUMN subscription_id TEXT NOT NULL DEFAULT ''",
)

_QUEUE_EPOCHS = (
    """CREATE TABLE queue_marks (
        store_id TEXT PRIMARY KEY,
        mark TEXT NOT NULL
    ) WITHOUT ROWID""",
)

_LIMIT_USES = (
    """CREATE TABLE limit_uses (
        store_id TEXT NOT NULL,
        key TEXT NOT NULL,
        used INTEGER NOT NULL,
        until TEXT NOT NULL,
        PRIMARY KEY (store_id, key)
    )""",
    "CREATE INDEX limit_uses_over ON limit_uses (store_id, until)",
)

_FORGOTTEN_CUSTOMERS = ("ALTER TABLE orders ADD COLUMN forgotten INTEGER NOT NULL DEFAULT 0",)

OLDEST_SQLITE = (3, 24, 0)
"""The first with `ON CONFLICT … DO UPDATE`."""

STEPS = (
    _FIRST_TABLES,
    _NOTIFIER_TABLES,
    _ORDERS_IN_HAND,
    _MEASURED_PREPARATIONS,
    _CONFIRMATION_OWNERS,
    _QUEUE_EPOCHS,
    _LIMIT_USES,
    _FORGOTTEN_CUSTOMERS,
)
"""The statements that upgrade each version to the next; a released step never changes."""

VERSION = len(STEPS)


class NewerSchemaError(StoreUnavailableError):
    """The file was written by a newer release, whose tables this one does not know."""

    def __init__(self, found: int) -> None:
        super().__init__(
            f"the order store's file is of schema version {found} and this release knows "
            f"{VERSION}: it was written by a newer release, so run that one"
        )
        self.found = found


def ensure_schema(connection: sqlite3.Connection) -> None:
    """Upgrade a new or an older file to this version.

    Raises NewerSchemaError on a newer one, StoreUnavailableError where SQLite itself is too old.
    """
    _check_library()
    if _version(connection) < VERSION:
        connection.execute("BEGIN IMMEDIATE")
        # Read again: another process may have been quicker.
        if (found := _version(connection)) == 0:
            log.info("store.created")
        for steps in STEPS[found:]:
            for statement in steps:
                connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {max(VERSION, _version(connection))}")
        connection.execute("COMMIT")
    found = _version(connection)
    if found > VERSION:
        raise NewerSchemaError(found)


def _check_library() -> None:
    if sqlite3.sqlite_version_info < OLDEST_SQLITE:
        raise StoreUnavailableError(
            f"Python's SQLite is {sqlite3.sqlite_version}, and the shop needs "
            f"{'.'.join(map(str, OLDEST_SQLITE))} or newer"
        )


def _version(connection: sqlite3.Connection) -> int:
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    return version
