"""Reads share steps on the connection's thread, but not one another's failures."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import TypeVar

import pytest
from pydantic import TypeAdapter, ValidationError

from shared.store.contract import StoreUnavailableError
from shared.store.sqlite.connection import ConnectionThread
from shared.store.sqlite.file import create_store
from shared.store.sqlite.gathered_reads import GatheredReads

QUERY = "SELECT document FROM kept WHERE id = ?"
_T = TypeVar("_T")


class CountingThread(ConnectionThread):
    def __init__(self, path: Path) -> None:
        super().__init__(path, 1)
        self.steps = 0
        self.begun = asyncio.Event()

    async def run(self, step: Callable[[sqlite3.Connection], _T]) -> _T:
        self.steps += 1
        self.begun.set()
        return await super().run(step)


def fill(db: sqlite3.Connection) -> None:
    db.execute("CREATE TABLE kept (id TEXT, document TEXT)")
    rows = [("one", "1"), ("two", "2"), ("three", "3"), ("damaged", "{")]
    db.executemany("INSERT INTO kept VALUES (?, ?)", rows)


def rename(table: str, to: str) -> Callable[[sqlite3.Connection], None]:
    def step(db: sqlite3.Connection) -> None:
        db.execute(f"ALTER TABLE {table} RENAME TO {to}")

    return step


@pytest.fixture
async def thread(tmp_path: Path) -> AsyncIterator[CountingThread]:
    await create_store(tmp_path / "orders.sqlite3", 1)
    async with contextlib.aclosing(CountingThread(tmp_path / "orders.sqlite3")) as thread:
        await thread.run(fill)
        thread.steps = 0
        thread.begun.clear()
        yield thread


@pytest.fixture
def reads(thread: CountingThread) -> GatheredReads[int]:
    return GatheredReads(thread, TypeAdapter(int), QUERY, group_size=3)


async def test_reads_of_the_same_time_are_one_step(
    thread: CountingThread, reads: GatheredReads[int]
) -> None:
    two, nothing, one = await asyncio.gather(*map(reads.get, ("two", "nobody", "one")))
    assert (two, nothing, one) == (2, None, 1)
    assert thread.steps == 1


async def test_what_is_asked_for_during_a_read_is_read_by_the_next_ones_in_groups(
    thread: CountingThread, reads: GatheredReads[int]
) -> None:
    first = asyncio.create_task(reads.get("one"))
    await thread.begun.wait()
    later = await asyncio.gather(*map(reads.get, ("one", "two", "three", "two")))
    assert (await first, later) == (1, [1, 2, 3, 2])
    assert thread.steps == 3


async def test_what_cannot_be_read_fails_only_who_asked_for_it(
    thread: CountingThread, reads: GatheredReads[int]
) -> None:
    damaged, no_text, found = await asyncio.gather(
        reads.get("damaged"), reads.get("\ud800"), reads.get("one"), return_exceptions=True
    )
    assert isinstance(damaged, ValidationError)
    assert isinstance(no_text, UnicodeEncodeError)
    assert found == 1
    assert thread.steps == 1


async def test_a_failure_of_the_file_fails_all_who_asked_and_the_next_read_works(
    thread: CountingThread, reads: GatheredReads[int]
) -> None:
    await thread.run(rename("kept", "hidden"))
    thread.steps = 0
    failed = await asyncio.gather(reads.get("one"), reads.get("two"), return_exceptions=True)
    assert [type(error) for error in failed] == [StoreUnavailableError] * 2
    assert thread.steps == 1
    await thread.run(rename("hidden", "kept"))
    assert await reads.get("one") == 1


async def test_who_gives_up_before_the_read_is_left_out_and_fails_nobody(
    thread: CountingThread, reads: GatheredReads[int]
) -> None:
    given_up = asyncio.create_task(reads.get("damaged"))
    await asyncio.sleep(0)
    given_up.cancel()
    assert await reads.get("one") == 1
    with pytest.raises(asyncio.CancelledError):
        await given_up
    assert thread.steps == 1


async def test_nothing_is_read_after_the_file_is_closed(
    thread: CountingThread, reads: GatheredReads[int]
) -> None:
    await thread.aclose()
    with pytest.raises(StoreUnavailableError):
        await reads.get("one")
