"""Connections to the embedded store's file, and the write transactions on them."""

from __future__ import annotations

import contextlib
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

from shared.store.contract import StoreUnavailableError
from shared.store.sqlite.schema import ensure_schema

_POLL_SECONDS = 0.002
"""SQLite itself tries for a lock every 100 ms in the end, and a busy process starves the others."""


def unavailable(error: sqlite3.Error) -> StoreUnavailableError:
    """Tell what SQLite refused: a full disk, a lock held too long, a damaged file, …."""
    return StoreUnavailableError(f"the order store's file cannot be used: {error}")


def create_file(path: Path) -> None:
    """Make an empty file that only its owner can read, and its folder; leave those that exist.

    Raises StoreUnavailableError.
    """
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # An existing file is not opened: to close it again would drop this process's locks on it.
        if not path.exists():
            path.touch(mode=0o600)
    except OSError as error:
        message = f"the order store's file cannot be made: {error}"
        raise StoreUnavailableError(message) from error


def connect(path: Path, busy_seconds: float) -> sqlite3.Connection:
    """Open an existing file; another process's lock is waited for up to `busy_seconds`.

    Raises sqlite3.Error, StoreUnavailableError where a write-ahead log cannot be, and
    NewerSchemaError.
    """
    # mode=rw: a file that has vanished is an error, not a reason for an empty one in its place.
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode=rw", uri=True, timeout=busy_seconds, isolation_level=None
    )
    try:
        _enter_wal(connection, busy_seconds)
        connection.execute("PRAGMA synchronous = FULL")
        ensure_schema(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def _enter_wal(connection: sqlite3.Connection, busy_seconds: float) -> None:
    """Switch to the write-ahead log; of several at once on a new file SQLite lets none wait."""
    (mode,) = _persist(connection, "PRAGMA journal_mode = WAL", busy_seconds).fetchone()
    if mode != "wal":
        raise StoreUnavailableError("the order store's folder does not allow a write-ahead log")


@contextlib.contextmanager
def transaction(connection: sqlite3.Connection, busy_seconds: float) -> Iterator[None]:
    """Commit what the block writes, all or nothing; raises sqlite3.Error."""
    connection.execute("PRAGMA busy_timeout = 0")
    _persist(connection, "BEGIN IMMEDIATE", busy_seconds)
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _persist(connection: sqlite3.Connection, statement: str, seconds: float) -> sqlite3.Cursor:
    """Try a statement until the lock that it needs is free."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            return connection.execute(statement)
        except sqlite3.OperationalError as error:
            busy = error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY
            if not busy or time.monotonic() > deadline:
                raise
            time.sleep(_POLL_SECONDS)
