"""The tables of the embedded store, as each version of the schema made or changed them.

Tables and columns keep the names that they were released with, `shifts` or `untold_since`, even
where the code has found a better word: files carry them.
"""

from __future__ import annotations

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

_QUESTIONS = (
    """CREATE TABLE IF NOT EXISTS questions (
        store_id TEXT NOT NULL,
        address TEXT NOT NULL,
        place INTEGER NOT NULL,
        until TEXT NOT NULL,
        PRIMARY KEY (store_id, address, place)
    )""",
    "CREATE INDEX IF NOT EXISTS questions_over ON questions (store_id, until)",
)
"""Later files of the second version have it, and its first ones lack it."""

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
    *_QUESTIONS,
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
    *_QUESTIONS,
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

_SHOP_RECORDS = (
    """CREATE TABLE documents (
        store_id TEXT NOT NULL,
        kind TEXT NOT NULL,
        version INTEGER NOT NULL,
        at TEXT NOT NULL,
        by_key TEXT NOT NULL,
        body TEXT NOT NULL,
        PRIMARY KEY (store_id, kind, version)
    )""",
    """CREATE TABLE changes (
        store_id TEXT NOT NULL,
        at TEXT NOT NULL,
        id TEXT NOT NULL,
        by_key TEXT NOT NULL,
        what TEXT NOT NULL,
        detail TEXT NOT NULL,
        PRIMARY KEY (store_id, at, id)
    )""",
    """CREATE TABLE staff_keys (
        store_id TEXT NOT NULL,
        id TEXT NOT NULL,
        name TEXT NOT NULL,
        role TEXT NOT NULL,
        digest TEXT NOT NULL,
        created_at TEXT NOT NULL,
        created_by TEXT NOT NULL,
        PRIMARY KEY (store_id, id)
    )""",
)

_PHOTO_RECORDS = (
    """CREATE TABLE photo_records (
        store_id TEXT NOT NULL,
        item_id TEXT NOT NULL,
        version INTEGER NOT NULL,
        document TEXT NOT NULL,
        PRIMARY KEY (store_id, item_id)
    )""",
)

_COUNTED_REQUESTS = (
    "ALTER TABLE shifts ADD COLUMN sqs_requests INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE shifts ADD COLUMN sns_requests INTEGER NOT NULL DEFAULT 0",
)

_ORDERS_IN_LINE = ("ALTER TABLE shifts ADD COLUMN waiting_since TEXT",)

_NOTIFIER_HEARTBEATS = (
    """CREATE TABLE notifiers (
        store_id TEXT NOT NULL,
        notifier TEXT NOT NULL,
        at TEXT NOT NULL,
        PRIMARY KEY (store_id, notifier)
    ) WITHOUT ROWID""",
)

_POSTPONED_JOBS = (
    """CREATE TABLE postponed_jobs (
        store_id TEXT NOT NULL,
        subscription_id TEXT NOT NULL,
        name TEXT NOT NULL,
        due_at TEXT NOT NULL,
        body TEXT NOT NULL,
        PRIMARY KEY (store_id, subscription_id, name)
    )""",
    "CREATE INDEX postponed_jobs_due ON postponed_jobs (store_id, due_at)",
)

STEPS = (
    _FIRST_TABLES,
    _NOTIFIER_TABLES,
    _ORDERS_IN_HAND,
    _MEASURED_PREPARATIONS,
    _CONFIRMATION_OWNERS,
    _QUEUE_EPOCHS,
    _LIMIT_USES,
    _FORGOTTEN_CUSTOMERS,
    _SHOP_RECORDS,
    _PHOTO_RECORDS,
    _COUNTED_REQUESTS,
    _ORDERS_IN_LINE,
    (*_NOTIFIER_HEARTBEATS, *_POSTPONED_JOBS),
)
"""The statements that upgrade each version to the next; a released step never changes."""
