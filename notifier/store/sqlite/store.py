"""What the notifier keeps in the embedded store's file."""

from __future__ import annotations

import contextlib
import datetime as dt
import sqlite3
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path

from notifier.store.sqlite.deliveries import SqliteDeliveries
from notifier.store.sqlite.pending_confirmations import SqlitePendingConfirmations
from notifier.store.sqlite.topics import SqliteTopics
from shared.clock import sortable
from shared.store.sqlite.file import open_file
from shared.store.sqlite.subscriptions import SqliteSubscriptions

_OVER = (
    (
        "DELETE FROM deliveries WHERE rowid IN (SELECT rowid FROM deliveries"
        " WHERE store_id = ? AND state <> 'due' AND touched_at < ? LIMIT ?)"
    ),
    (
        "DELETE FROM issues WHERE rowid IN (SELECT rowid FROM issues"
        " WHERE store_id = ? AND announced = 1 AND at < ? LIMIT ?)"
    ),
    (
        "DELETE FROM subscriptions WHERE rowid IN (SELECT rowid FROM subscriptions"
        " WHERE store_id = ? AND state = 'ended' AND since < ? LIMIT ?)"
    ),
    (
        "DELETE FROM questions WHERE rowid IN (SELECT rowid FROM questions"
        " WHERE store_id = ? AND until < ? LIMIT ?)"
    ),
)

_RECORD_QUEUE_MARK = """INSERT INTO queue_marks (store_id, mark) VALUES (?, ?)
    ON CONFLICT DO UPDATE SET mark = excluded.mark"""

_FORGOTTEN_AT_ONCE = 500
"""How many rows a transaction drops: orders that are placed meanwhile wait for no more."""


@contextlib.asynccontextmanager
async def open_sqlite_notifier_store(
    path: Path, store_id: str, *, timeout_seconds: float = 5
) -> AsyncIterator[SqliteNotifierStore]:
    """Open the file for a shop's notifier, as `open_sqlite_store` does for the shop's orders."""
    async with open_file(path, timeout_seconds) as file:
        yield SqliteNotifierStore(store_id, file)


@dataclass(frozen=True)
class SqliteNotifierStore(
    SqliteSubscriptions, SqliteDeliveries, SqliteTopics, SqlitePendingConfirmations
):
    """The `NotifierStore` of one shop, in a file that several shops may share."""

    async def link_secret(self, candidate: str) -> str:
        """Give the secret that links in mail are signed with."""
        return await self.file.write(lambda file: _link_secret(file, self.store_id, candidate))

    async def queue_mark(self) -> str | None:
        """Give the mark that was recorded last."""
        return await self.file.read(lambda file: _queue_mark(file, self.store_id))

    async def record_queue_mark(self, mark: str) -> None:
        """Record another mark in its place."""
        row = (self.store_id, mark)
        await self.file.write(lambda file: file.execute(_RECORD_QUEUE_MARK, row).rowcount)

    async def forget(self, before: dt.datetime) -> None:
        """Drop what is over since before then; what is due or to be announced stays."""
        for statement in _OVER:
            values = (self.store_id, sortable(before), _FORGOTTEN_AT_ONCE)
            while await self.file.write(_count_changed(statement, values)) == _FORGOTTEN_AT_ONCE:
                pass

    async def check(self) -> None:
        """Make sure that the file can be read and written."""
        await self.file.check()


def _link_secret(connection: sqlite3.Connection, store_id: str, candidate: str) -> str:
    connection.execute(
        "INSERT INTO link_secrets (store_id, secret) VALUES (?, ?) ON CONFLICT DO NOTHING",
        (store_id, candidate),
    )
    row = connection.execute("SELECT secret FROM link_secrets WHERE store_id = ?", (store_id,))
    secret: str = row.fetchone()[0]
    return secret


def _queue_mark(connection: sqlite3.Connection, store_id: str) -> str | None:
    row = connection.execute(
        "SELECT mark FROM queue_marks WHERE store_id = ?", (store_id,)
    ).fetchone()
    return None if row is None else row[0]


def _count_changed(
    statement: str, values: tuple[str, str, int]
) -> Callable[[sqlite3.Connection], int]:
    return lambda file: file.execute(statement, values).rowcount
