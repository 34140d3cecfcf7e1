"""The embedded store's file as one shop uses it: bounded reads, and durable writes."""

from __future__ import annotations

import contextlib
import secrets
import sqlite3
import time
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

import structlog

from shared.clock import sortable, utc_now
from shared.store.contract import StoreCorruptError, StoreUnavailableError
from shared.store.sqlite.connection import ConnectionThread
from shared.store.sqlite.group_commit import GroupCommit

_Store = TypeVar("_Store", bound="SqliteRecords")

log = structlog.stdlib.get_logger(__name__)

_VERIFY_BUSY_SECONDS = 5.0
_CHECKPOINT_BUSY_SECONDS = 5.0

_TRIAL_NUMBER = "INSERT OR IGNORE INTO numbers (store_id, business_day, last) VALUES ('', '', 0)"
_TRIAL_ORDER = """INSERT INTO orders
    (id, store_id, number, state, version, attempt, placed_at, document)
    VALUES (?, ?, '', 'placed', 0, 0, ?, '')"""
_COUNT_CHECKS = """INSERT INTO checks (id, made) VALUES (1, 1)
    ON CONFLICT (id) DO UPDATE SET made = made + 1"""


class Integrity:
    """What is known of a file's integrity: nothing, until `verify` has read all of it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._damage = ""

    def check(self) -> None:
        """Raise StoreCorruptError if damage was found."""
        if self._damage:
            raise StoreCorruptError(self._damage)

    async def verify(self) -> None:
        """Read the file by a connection of its own: others go on reading and writing."""
        began = time.monotonic()
        async with aclosing(ConnectionThread(self._path, _VERIFY_BUSY_SECONDS)) as thread:
            try:
                (found,) = await thread.run(
                    lambda db: db.execute("PRAGMA quick_check(1)").fetchone()
                )
            except StoreCorruptError as error:  # it is logged
                self._damage = str(error)
            except StoreUnavailableError as error:
                log.warning("store.not_verified", path=str(self._path), error=str(error))
            else:
                self._conclude(found, time.monotonic() - began)
            finally:
                thread.interrupt()  # closing a service does not wait for it

    def _conclude(self, found: str, seconds: float) -> None:
        if found == "ok":
            log.info("store.verified", path=str(self._path), seconds=round(seconds, 3))
            return
        self._damage = f"the order store's file is damaged: {found}; restore a backup"
        log.error("store.corrupt", path=str(self._path), error=found)


@dataclass(frozen=True, slots=True)
class WriteAheadLog:
    """The log beside a file: it holds earlier contents of the file's pages until it is emptied."""

    path: Path

    async def truncate(self) -> None:
        """Empty the log, once nobody reads from it.

        Raises StoreUnavailableError when somebody still does after some seconds.
        """
        async with aclosing(ConnectionThread(self.path, _CHECKPOINT_BUSY_SECONDS)) as thread:
            (busy, *_) = await thread.run(
                lambda db: db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            )
        if busy:
            raise StoreUnavailableError("the order store's write-ahead log is in use")


@dataclass(frozen=True)
class SqliteRecords:
    """One shop's records, in a file that several shops may share; writes do not block reads."""

    store_id: str
    reads: ConnectionThread
    writes: GroupCommit
    integrity: Integrity
    write_ahead_log: WriteAheadLog

    async def check(self) -> None:
        """Try what placing an order takes: only that shows that the disk has room.

        Raises StoreUnavailableError; StoreCorruptError also when `find_damage` has found some.
        """
        self.integrity.check()
        await self.reads.run(lambda db: db.execute("SELECT made FROM checks").fetchone())
        await self.writes.run(partial(_try_writing, self.store_id))

    async def find_damage(self) -> None:
        """Read the whole file once; what is damaged is logged, and fails `check` from then on."""
        await self.integrity.verify()

    async def erase_replaced(self) -> None:
        """Empty the write-ahead log; the rest of the file is overwritten by each deletion."""
        await self.write_ahead_log.truncate()


def _try_writing(store_id: str, connection: sqlite3.Connection) -> None:
    """Write an order that is undone, and a row that stays, since only a commit uses the disk."""
    connection.execute("SAVEPOINT trial")
    connection.execute(_TRIAL_NUMBER)
    connection.execute(_TRIAL_ORDER, (secrets.token_hex(), store_id, sortable(utc_now())))
    connection.execute("ROLLBACK TO trial")
    connection.execute("RELEASE trial")
    connection.execute(_COUNT_CHECKS)


async def create_store(path: Path, busy_seconds: float) -> None:
    """Make a store with nothing in it, unless there is one; an older one is upgraded.

    Raises StoreUnavailableError when the file cannot be used, NewerSchemaError when a newer release
    wrote it.
    """
    _create_file(path)
    async with aclosing(ConnectionThread(path, busy_seconds, makes=True)) as thread:
        await thread.run(lambda db: db.execute("PRAGMA schema_version"))


def _create_file(path: Path) -> None:
    """Create an empty file that only its owner can read, and its folder, unless they exist.

    Raises StoreUnavailableError.
    """
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # Do not open an existing file: closing it would drop this process's locks on it.
        if not path.exists():
            path.touch(mode=0o600)
    except OSError as error:
        message = f"the order store's file cannot be made: {error}"
        raise StoreUnavailableError(message) from error


@contextlib.asynccontextmanager
async def open_file(
    store: Callable[..., _Store],
    path: Path,
    store_id: str,
    *,
    makes: bool = True,
    timeout_seconds: float = 5,
) -> AsyncIterator[_Store]:
    """Open the file as a store of one shop, and check that it can be used.

    If it is absent or empty, it is made, unless `makes` is false.

    Accepted writes are durable when the block ends. Raises StoreUnavailableError when the file
    cannot be used, NewerSchemaError when a newer release wrote it.
    """
    if makes:
        await create_store(path, timeout_seconds / 2)
    async with (
        aclosing(ConnectionThread(path, timeout_seconds / 2, timeout_seconds)) as reads,
        aclosing(ConnectionThread(path, timeout_seconds / 2)) as thread,
        aclosing(GroupCommit(thread, timeout_seconds)) as writes,
    ):
        opened = store(store_id, reads, writes, Integrity(path), WriteAheadLog(path))
        await opened.check()
        yield opened
