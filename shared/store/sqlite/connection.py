"""Connections to the embedded store's file, each on a thread of its own, and steps to run there."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeAlias, TypeVar

import structlog
from pydantic import TypeAdapter

from shared.store.contract import StoreCorruptError, StoreUnavailableError
from shared.store.sqlite.schema import ensure_schema

_POLL_SECONDS = 0.002
"""SQLite's own wait for a lock grows to 100 ms, and a busy process starves the others."""

_CORRUPT_LOG_SECONDS = 60.0

_SUFFIXES = ("", "-wal", "-shm")
"""Of the files of one database: itself, its write-ahead log, that log's index."""

log = structlog.stdlib.get_logger(__name__)
_T = TypeVar("_T")

Identity: TypeAlias = tuple[int, int] | None
"""Device and inode of a file; None where there is none."""


class ConnectionThread:
    """One connection to an existing file, used by one thread, one step at a time.

    With `makes`, a file that is empty becomes a store.

    A step waits for another process's lock up to `busy_seconds`; its caller waits for the step
    up to `timeout_seconds`, where given. A step counts only if the files that it used are still
    under their names: what is written to a removed file is lost.
    """

    def __init__(
        self,
        path: Path,
        busy_seconds: float,
        timeout_seconds: float | None = None,
        *,
        makes: bool = False,
    ) -> None:
        self._path = path
        self._makes = makes
        self._names = [f"{path}{suffix}" for suffix in _SUFFIXES]
        self._busy_seconds = busy_seconds
        self._timeout_seconds = timeout_seconds
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="order-store")
        self._connection: sqlite3.Connection | None = None
        self._files: Sequence[Identity] = ()
        self._useless = ""
        self._corrupt_logged = -_CORRUPT_LOG_SECONDS
        self._closed = False

    async def run(self, step: Callable[[sqlite3.Connection], _T]) -> _T:
        """Run a step on the thread; a step is left out when its caller gave up before its turn.

        Raises StoreUnavailableError when SQLite fails, when the file was removed or replaced, when
        the time is over, and after `aclose`. The step after a failure gets a new connection, and
        so works once the cause has gone.
        """
        if self._closed:
            raise StoreUnavailableError("the order store is closed")
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(self._timeout_seconds):
                return await loop.run_in_executor(self._thread, self._run, step)
        except TimeoutError as error:
            message = f"the order store did not answer within {self._timeout_seconds:g} s"
            raise StoreUnavailableError(message) from error

    async def aclose(self) -> None:
        """Close the connection, after the steps that were submitted before."""
        if not self._closed:
            self._closed = True
            await asyncio.get_running_loop().run_in_executor(self._thread, self._disconnect)
            self._thread.shutdown()

    def interrupt(self) -> None:
        """Make the step in progress fail."""
        if self._connection is not None:
            self._connection.interrupt()

    def _run(self, step: Callable[[sqlite3.Connection], _T]) -> _T:
        if self._useless:
            raise StoreUnavailableError(self._useless)
        try:
            if self._connection is None:
                self._connection = self._connect()
            result = step(self._connection)
        except sqlite3.Error as error:
            self._disconnect()
            raise self._failed(error) from error
        if file_identities(self._names) != self._files:
            self._connection = self._give_up_files(self._connection)
            raise StoreUnavailableError("the order store's file was removed or replaced")
        return result

    def _connect(self) -> sqlite3.Connection:
        before = file_identities(self._names)
        if self._files and before[0] != self._files[0] and before[1] == self._files[1] is not None:
            raise StoreUnavailableError(
                f"{self._path} was replaced beside the write-ahead log of the file before: "
                "close the shop, and remove its -wal and -shm files, before you restore a backup"
            )
        if not self._makes:
            _refuse_empty(self._path)
        connection = connect(self._path, self._busy_seconds)
        self._files = file_identities(self._names)
        if before[0] != self._files[0]:
            connection.close()
            raise StoreUnavailableError("the order store's file is being replaced")
        return connection

    def _give_up_files(self, connection: sqlite3.Connection) -> sqlite3.Connection | None:
        """Log that other files have our files' names; return the connection if it must be kept.

        Without its log the database lacks the last writes. They are saved into it now, and again
        by whoever closes it last; who connected anew in between would overwrite them.
        """
        found = file_identities(self._names)
        log.error("store.files_replaced", path=str(self._path), database=found[0] is not None)
        if found[0] != self._files[0]:
            connection.close()
            return None
        self._useless = f"the -wal or -shm file of {self._path} was removed: open the shop again"
        with contextlib.suppress(sqlite3.Error):
            connection.execute("PRAGMA wal_checkpoint")
        return connection

    def _failed(self, error: sqlite3.Error) -> StoreUnavailableError:
        failed = unavailable(error)
        due = self._corrupt_logged + _CORRUPT_LOG_SECONDS
        if isinstance(failed, StoreCorruptError) and time.monotonic() >= due:
            self._corrupt_logged = time.monotonic()
            log.error("store.corrupt", path=str(self._path), error=str(error))
        return failed

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def documents(
    adapter: TypeAdapter[_T], query: str, *values: object
) -> Callable[[sqlite3.Connection], list[_T]]:
    """Make the step that reads the documents in the first column of a query's rows."""
    return lambda db: [adapter.validate_json(row[0]) for row in db.execute(query, values)]


def changing(statement: str, *values: object) -> Callable[[sqlite3.Connection], int]:
    """Make the step that runs a statement, and gives how many rows it changed."""
    return lambda db: db.execute(statement, values).rowcount


def file_identities(names: Sequence[str]) -> Sequence[Identity]:
    """Return which files have these names.

    Opening them would not do: to close a file drops this process's locks on it.
    """
    found: list[Identity] = []
    for name in names:
        try:
            status = os.stat(name)  # noqa: PTH116 - a Path takes twice as long, after every step
        except OSError:
            found.append(None)
        else:
            found.append((status.st_dev, status.st_ino))
    return found


def unavailable(error: sqlite3.Error) -> StoreUnavailableError:
    """Wrap an error of SQLite: a full disk, a lock held too long, a damaged file, …."""
    if getattr(error, "sqlite_errorcode", 0) & 0xFF in {
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_NOTADB,
    }:
        return StoreCorruptError(f"the order store's file is damaged: {error}; restore a backup")
    return StoreUnavailableError(f"the order store's file cannot be used: {error}")


def connect(path: Path, busy_seconds: float) -> sqlite3.Connection:
    """Open an existing file, waiting for another process's lock up to `busy_seconds`.

    Raises sqlite3.Error, NewerSchemaError, and StoreUnavailableError where the file system does
    not support a write-ahead log.
    """
    # mode=rw: when the file has vanished, fail rather than create an empty one in its place.
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode=rw", uri=True, timeout=busy_seconds, isolation_level=None
    )
    try:
        _enter_wal(connection, busy_seconds)
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA secure_delete = ON")  # overwrite what is deleted or replaced
        ensure_schema(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def _refuse_empty(path: Path) -> None:
    """Raise StoreUnavailableError: SQLite would delete the log beside a copy that has begun."""
    with contextlib.suppress(OSError):  # SQLite says so itself
        if path.stat().st_size == 0:
            raise StoreUnavailableError(f"{path} is empty: put the shop's own file in its place")


def _enter_wal(connection: sqlite3.Connection, busy_seconds: float) -> None:
    # SQLite does not wait by itself when several processes switch a new file at once.
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
    """Repeat a statement until the lock that it needs is free."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            return connection.execute(statement)
        except sqlite3.OperationalError as error:
            busy = error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY
            if not busy or time.monotonic() > deadline:
                raise
            time.sleep(_POLL_SECONDS)
