"""Group commit: writes that arrive while a transaction is being committed share the next one."""

from __future__ import annotations

import asyncio
import sqlite3
from collections import deque
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeVar

import structlog

from shared.store.contract import StoreUnavailableError
from shared.store.sqlite.connection import ConnectionThread, transaction, unavailable
from shared.tracing.process import spanned

log = structlog.stdlib.get_logger(__name__)

_T = TypeVar("_T")
_Entry = TypeVar("_Entry")

JoinedStep: TypeAlias = Callable[[sqlite3.Connection, Sequence[_Entry]], Sequence[_T]]
"""Statements for any number of entries, with a result for each."""


class GroupCommit:
    """Makes writes durable, many to a transaction; closing it commits those it accepted.

    No timer: a lone write is committed at once, and under load a transaction holds the writes
    that arrived during the one before, up to `group_size`. At most `queue_size` writes wait.
    """

    def __init__(
        self,
        thread: ConnectionThread,
        timeout_seconds: float,
        *,
        group_size: int = 256,
        queue_size: int = 4096,
    ) -> None:
        self._thread = thread
        self._timeout_seconds = timeout_seconds
        self._group_size = group_size
        self._queue_size = queue_size
        self._waiting: deque[_Write] = deque()
        self._arrived = asyncio.Event()
        self._closing = False
        self._committing = asyncio.create_task(self._commit_until_closed(), name="group commit")

    async def run(self, statements: Callable[[sqlite3.Connection], _T]) -> _T:
        """Run `statements` inside a transaction, and return their result once it is durable.

        An error that they raise undoes them alone. Raises StoreUnavailableError when SQLite
        fails, when too many writes wait, when the time is over, and after `aclose`.
        """
        return await self.run_joined(lambda db, _: [statements(db)], None)

    @spanned("write to the order store", {"db.system.name": "sqlite"})
    async def run_joined(self, step: JoinedStep[_Entry, _T], entry: _Entry) -> _T:
        """Do what `run` does, with one call of `step` for all entries that share a transaction.

        It gives a result for each entry. When it raises, it is called for each entry alone.
        """
        if self._closing:
            raise StoreUnavailableError("the order store is closed")
        if len(self._waiting) >= self._queue_size:
            raise StoreUnavailableError("too many writes are waiting for the order store's file")
        loop = asyncio.get_running_loop()
        caller: asyncio.Future[_T] = loop.create_future()
        self._waiting.append(_Write(step, entry, caller))
        self._arrived.set()
        too_late = loop.call_later(self._timeout_seconds, self._give_up, caller)
        try:
            return await caller
        finally:
            too_late.cancel()

    def _give_up(self, caller: asyncio.Future[Any]) -> None:
        if not caller.done():
            message = f"the order store did not write within {self._timeout_seconds:g} s"
            caller.set_exception(StoreUnavailableError(message))

    async def aclose(self) -> None:
        """Commit the accepted writes, and accept no more."""
        self._closing = True
        self._arrived.set()
        await asyncio.shield(self._committing)

    async def _commit_until_closed(self) -> None:
        while not self._closing or self._waiting:
            await self._arrived.wait()
            size = min(len(self._waiting), self._group_size)
            group = [self._waiting.popleft() for _ in range(size)]
            if pending := [write for write in group if not write.caller.done()]:
                await self._commit(pending)
            elif not (self._waiting or self._closing):
                self._arrived.clear()

    async def _commit(self, group: Sequence[_Write]) -> None:
        try:
            await self._thread.run(lambda db: self._write(group, db))
        except StoreUnavailableError as error:
            _fail(group, error)
        except Exception:  # the outermost edge: whatever happened, the next group may succeed
            log.exception("store.commit_failed", writes=len(group))
            _fail(group, StoreUnavailableError("the order store failed"))
        else:
            for write in group:
                write.resolve()

    def _write(self, group: Sequence[_Write], connection: sqlite3.Connection) -> None:
        # Half the time for another process's lock, so that the callers see why they failed.
        with transaction(connection, self._timeout_seconds / 2):
            for joined in _by_step(group):
                _run(joined, connection)


def _by_step(group: Sequence[_Write]) -> Collection[Sequence[_Write]]:
    """Join the writes that have one step; those whose caller has given up are left out."""
    joined: dict[JoinedStep[Any, Any], list[_Write]] = {}
    for write in group:
        if not write.caller.done():
            joined.setdefault(write.step, []).append(write)
    return joined.values()


def _run(writes: Sequence[_Write], connection: sqlite3.Connection) -> None:
    """Run the writes of one step; if they fail together, each of them alone."""
    connection.execute("SAVEPOINT joined_writes")
    try:
        results = writes[0].step(connection, [write.entry for write in writes])
        for write, result in zip(writes, results, strict=True):
            write.result = result
    except Exception as error:
        if not connection.in_transaction:  # SQLite has rolled back the whole group
            raise
        writes[0].error = error
        connection.execute("ROLLBACK TO joined_writes")
    connection.execute("RELEASE joined_writes")
    if writes[0].error is not None and len(writes) > 1:
        for write in writes:
            write.error = None
            _run([write], connection)


@dataclass(slots=True, eq=False)
class _Write:
    """A write, the caller that waits for it, and its outcome inside the transaction."""

    step: JoinedStep[Any, Any]
    entry: Any
    caller: asyncio.Future[Any]
    result: Any = None
    error: Exception | None = None

    def resolve(self) -> None:
        if self.caller.done():
            return
        if self.error is None:
            self.caller.set_result(self.result)
        elif isinstance(self.error, sqlite3.Error):
            self.caller.set_exception(unavailable(self.error))
        else:
            self.caller.set_exception(self.error)


def _fail(group: Sequence[_Write], error: StoreUnavailableError) -> None:
    for write in group:
        if not write.caller.done():
            write.caller.set_exception(error)
