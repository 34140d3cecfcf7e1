"""Gathered reads: documents that are asked for at the same time are read in one step."""

from __future__ import annotations

import asyncio
import sqlite3
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from pydantic import TypeAdapter

from shared.store.sqlite.connection import ConnectionThread

_T = TypeVar("_T")


class GatheredReads(Generic[_T]):
    """Reads documents by their keys; each step on the thread reads up to `group_size`.

    No timer: a lone read is made at once, and under load a step reads what was asked for during
    the one before. The `query` has a key as its parameter, and a document as its first column.
    """

    def __init__(
        self,
        thread: ConnectionThread,
        adapter: TypeAdapter[_T],
        query: str,
        *,
        group_size: int = 256,
    ) -> None:
        self._thread = thread
        self._adapter = adapter
        self._query = query
        self._group_size = group_size
        self._waiting: deque[_Read[_T]] = deque()
        self._reading: asyncio.Task[None] | None = None

    async def get(self, key: str) -> _T | None:
        """Read the document of a key, or None where there is none.

        Raises what `ConnectionThread.run` does; its time begins once the step before has ended.
        """
        read: _Read[_T] = _Read(key, asyncio.get_running_loop().create_future())
        self._waiting.append(read)
        if self._reading is None:
            self._reading = asyncio.create_task(self._read_waiting(), name="gathered reads")
        return await read.caller

    async def _read_waiting(self) -> None:
        try:
            while self._waiting:
                size = min(len(self._waiting), self._group_size)
                group = [self._waiting.popleft() for _ in range(size)]
                if wanted := [read for read in group if not read.caller.done()]:
                    await self._read(wanted)
        finally:
            self._reading = None

    async def _read(self, group: Sequence[_Read[_T]]) -> None:
        try:
            await self._thread.run(lambda db: self._find(group, db))
        except Exception as error:  # noqa: BLE001 - every caller in the group gets it
            for read in group:
                read.error = error
        for read in group:
            read.resolve()

    def _find(self, group: Sequence[_Read[_T]], db: sqlite3.Connection) -> None:
        for read in group:
            try:
                row = db.execute(self._query, (read.key,)).fetchone()
                read.found = None if row is None else self._adapter.validate_json(row[0])
            except sqlite3.Error:  # the connection is given up, and the group with it
                raise
            except Exception as error:  # noqa: BLE001 - this caller alone gets it
                read.error = error


@dataclass(slots=True, eq=False)
class _Read(Generic[_T]):
    """A read, the caller that waits for it, and what was found."""

    key: str
    caller: asyncio.Future[_T | None]
    found: _T | None = None
    error: Exception | None = None

    def resolve(self) -> None:
        if self.caller.done():  # it may have given up
            return
        if self.error is None:
            self.caller.set_result(self.found)
        else:
            self.caller.set_exception(self.error)
