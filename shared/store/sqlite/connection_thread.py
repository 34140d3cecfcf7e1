"""A SQLite connection on a thread of its own, opened again after a failure."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from shared.store.contract import StoreUnavailableError
from shared.store.sqlite.connection import connect, transaction, unavailable

_T = TypeVar("_T")


class ConnectionThread:
    """One connection to an existing file, used by one thread, one step at a time.

    Another process's lock is waited for up to `busy_seconds`.
    """

    def __init__(self, path: Path, busy_seconds: float) -> None:
        self._path = path
        self._busy_seconds = busy_seconds
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="order-store")
        self._connection: sqlite3.Connection | None = None
        self._closed = False

    async def run(self, step: Callable[[sqlite3.Connection], _T]) -> _T:
        """Take a step on the thread; one whose caller gave up before its turn is left out.

        Raises StoreUnavailableError when SQLite fails, or after `aclose`. The step after a
        failure begins with a new connection, and so works when the cause has gone.
        """
        if self._closed:
            raise StoreUnavailableError("the order store is closed")
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._take, step)

    async def transact(self, step: Callable[[sqlite3.Connection], _T]) -> _T:
        """Take a step as `run` does, in a write transaction: it is durable, or undone."""

        def in_transaction(connection: sqlite3.Connection) -> _T:
            with transaction(connection, self._busy_seconds):
                return step(connection)

        return await self.run(in_transaction)

    async def aclose(self) -> None:
        """Close the connection, after the steps that were asked for before."""
        if not self._closed:
            self._closed = True
            await asyncio.get_running_loop().run_in_executor(self._thread, self._disconnect)
            self._thread.shutdown()

    def _take(self, step: Callable[[sqlite3.Connection], _T]) -> _T:
        try:
            if self._connection is None:
                self._connection = connect(self._path, self._busy_seconds)
            return step(self._connection)
        except sqlite3.Error as error:
            self._disconnect()
            raise unavailable(error) from error

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
