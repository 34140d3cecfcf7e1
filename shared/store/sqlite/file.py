"""The embedded store's file as the stores use it: bounded reads, and durable writes."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from shared.store.contract import StoreUnavailableError
from shared.store.sqlite.connection import create_file
from shared.store.sqlite.connection_thread import ConnectionThread
from shared.store.sqlite.group_commit import GroupCommit

_T = TypeVar("_T")


@contextlib.asynccontextmanager
async def open_file(path: Path, timeout_seconds: float) -> AsyncIterator[SqliteFile]:
    """Open the file, making it when there is none, and make sure that it can be used.

    What was accepted is durable when the block ends. Raises StoreUnavailableError when the file
    cannot be used, NewerSchemaError when it is of a newer release.
    """
    create_file(path)
    # Half the time for another process's lock: whoever waits for a write hears of it in time.
    busy_seconds = timeout_seconds / 2
    async with (
        aclosing(ConnectionThread(path, busy_seconds)) as reads,
        aclosing(ConnectionThread(path, busy_seconds)) as writes,
        aclosing(GroupCommit(writes, timeout_seconds)) as commits,
    ):
        file = SqliteFile(reads, commits, timeout_seconds)
        await file.check()
        yield file


@dataclass(frozen=True, slots=True)
class SqliteFile:
    """An open file; reads go by a connection of their own, which writes do not block."""

    reads: ConnectionThread
    commits: GroupCommit
    timeout_seconds: float

    async def read(self, query: Callable[[sqlite3.Connection], _T]) -> _T:
        """Run a query; raises StoreUnavailableError when SQLite fails or the time is over."""
        try:
            async with asyncio.timeout(self.timeout_seconds):
                return await self.reads.run(query)
        except TimeoutError as error:
            message = f"the order store did not answer within {self.timeout_seconds:g} s"
            raise StoreUnavailableError(message) from error

    async def write(self, statements: Callable[[sqlite3.Connection], _T]) -> _T:
        """Run statements in one transaction, durable on return; see `GroupCommit.write`."""
        return await self.commits.write(statements)

    async def check(self) -> None:
        """Read and write a row: only a write tells of a disk that is full or read-only."""
        await self.read(lambda file: file.execute("SELECT made FROM checks").fetchone())
        await self.write(
            lambda file: (
                file.execute(
                    "INSERT INTO checks (id, made) VALUES (1, 1)"
                    " ON CONFLICT DO UPDATE SET made = made + 1"
                ).rowcount
            )
        )
