"""The embedded store's file as one shop uses it: bounded reads, and durable writes."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from shared.store.sqlite.connection import ConnectionThread, changing, create_file
from shared.store.sqlite.group_commit import GroupCommit

_Store = TypeVar("_Store", bound="SqliteRecords")


@dataclass(frozen=True)
class SqliteRecords:
    """One shop's records, in a file that several shops may share; writes do not block reads."""

    store_id: str
    reads: ConnectionThread
    writes: GroupCommit

    async def check(self) -> None:
        """Read and write a row: only a write shows that the disk is full or read-only."""
        await self.reads.run(lambda db: db.execute("SELECT made FROM checks").fetchone())
        await self.writes.run(
            changing(
                "INSERT INTO checks (id, made) VALUES (1, 1)"
                " ON CONFLICT DO UPDATE SET made = made + 1"
            )
        )


@contextlib.asynccontextmanager
async def open_file(
    store: type[_Store], path: Path, store_id: str, *, timeout_seconds: float = 5
) -> AsyncIterator[_Store]:
    """Open the file as a store of one shop, and check that it can be used; create it if absent.

    Accepted writes are durable when the block ends. Raises StoreUnavailableError when the file
    cannot be used, NewerSchemaError when a newer release wrote it.
    """
    create_file(path)
    async with (
        aclosing(ConnectionThread(path, timeout_seconds / 2, timeout_seconds)) as reads,
        aclosing(ConnectionThread(path, timeout_seconds / 2)) as thread,
        aclosing(GroupCommit(thread, timeout_seconds)) as writes,
    ):
        opened = store(store_id, reads, writes)
        await opened.check()
        yield opened
