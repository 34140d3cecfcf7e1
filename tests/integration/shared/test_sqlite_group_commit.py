"""Writes share transactions, but not one another's failures."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from pathlib import Path

import pytest

from shared.store.contract import OrderChangedError, StoreUnavailableError
from shared.store.sqlite.connection import ConnectionThread
from shared.store.sqlite.file import Integrity, WriteAheadLog, create_store
from shared.store.sqlite.group_commit import GroupCommit
from shared.store.sqlite.store import SqliteStore
from tests.contract.orders import TODAY, orders_of

Rows = Callable[[], Awaitable[list[int]]]


@pytest.fixture
async def thread(tmp_path: Path) -> AsyncIterator[ConnectionThread]:
    await create_store(tmp_path / "orders.sqlite3", 1)
    async with contextlib.aclosing(ConnectionThread(tmp_path / "orders.sqlite3", 1)) as thread:
        await thread.run(lambda file: file.execute("CREATE TABLE written (row INTEGER UNIQUE)"))
        yield thread


@pytest.fixture
async def commits(thread: ConnectionThread) -> AsyncIterator[GroupCommit]:
    async with contextlib.aclosing(GroupCommit(thread, 5)) as commits:
        yield commits


@pytest.fixture
def rows(thread: ConnectionThread) -> Rows:
    def select(file: sqlite3.Connection) -> list[int]:
        return [row for (row,) in file.execute("SELECT row FROM written ORDER BY row")]

    return lambda: thread.run(select)


def insert(row: int) -> Callable[[sqlite3.Connection], int]:
    def statements(file: sqlite3.Connection) -> int:
        file.execute("INSERT INTO written VALUES (?)", (row,))
        return row

    return statements


class Gate:
    """A write that stays inside its transaction until the gate is opened."""

    def __init__(self) -> None:
        self.entered = threading.Event()
        self.opened = threading.Event()

    def __call__(self, file: sqlite3.Connection) -> None:
        file.execute("INSERT INTO written VALUES (0)")
        self.entered.set()
        assert self.opened.wait(10)

    async def reached(self) -> None:
        assert await asyncio.to_thread(self.entered.wait, 10)


async def test_every_commit_is_flushed_to_the_disk(thread: ConnectionThread) -> None:
    full = 2  # of https://www.sqlite.org/pragma.html#pragma_synchronous

    assert await thread.run(lambda file: file.execute("PRAGMA synchronous").fetchone()) == (full,)
    assert await thread.run(lambda file: file.execute("PRAGMA journal_mode").fetchone()) == ("wal",)


async def test_a_failure_is_followed_by_a_new_connection(thread: ConnectionThread) -> None:
    before = await thread.run(lambda file: file)

    with pytest.raises(StoreUnavailableError):
        await thread.run(lambda file: file.execute("SELECT * FROM nowhere"))

    assert await thread.run(lambda file: file) is not before


async def test_many_orders_at_once_share_few_transactions(
    tmp_path: Path, thread: ConnectionThread, commits: GroupCommit
) -> None:
    statements: list[str] = []
    await thread.run(lambda file: file.set_trace_callback(statements.append))
    path = tmp_path / "orders.sqlite3"
    store = SqliteStore("main", thread, commits, Integrity(path), WriteAheadLog(path))
    new_order = orders_of("main")

    placements = await asyncio.gather(*(store.place(new_order(), TODAY) for _ in range(200)))

    numbers = [int(placement.order.number) for placement in placements]
    assert numbers == [*range(1, 201)]
    assert 1 <= statements.count("COMMIT") <= 5
    assert len(statements) < 50


async def test_a_transaction_holds_no_more_than_the_group_size(thread: ConnectionThread) -> None:
    statements: list[str] = []
    await thread.run(lambda file: file.set_trace_callback(statements.append))
    async with contextlib.aclosing(GroupCommit(thread, 5, group_size=10)) as commits:
        await asyncio.gather(*(commits.run(insert(row)) for row in range(1, 101)))

    assert statements.count("COMMIT") == 10


async def test_a_write_that_is_refused_fails_alone_and_leaves_nothing(
    commits: GroupCommit, rows: Rows
) -> None:
    def refused(file: sqlite3.Connection) -> None:
        file.execute("INSERT INTO written VALUES (99)")
        raise OrderChangedError("order")

    outcomes = await asyncio.gather(
        commits.run(insert(1)),
        commits.run(refused),
        commits.run(insert(1)),  # breaks UNIQUE
        commits.run(insert(2)),
        return_exceptions=True,
    )

    assert outcomes[0] == 1
    assert isinstance(outcomes[1], OrderChangedError)
    assert isinstance(outcomes[2], StoreUnavailableError)
    assert outcomes[3] == 2
    assert await rows() == [1, 2]


async def test_entries_of_one_step_are_written_by_one_call(
    commits: GroupCommit, rows: Rows
) -> None:
    calls: list[Sequence[int]] = []

    def insert_all(file: sqlite3.Connection, wanted: Sequence[int]) -> Sequence[int]:
        calls.append(wanted)
        file.executemany("INSERT INTO written VALUES (?)", [(row,) for row in wanted])
        return [-row for row in wanted]

    written = await asyncio.gather(
        commits.run_joined(insert_all, 1),
        commits.run(insert(2)),
        commits.run_joined(insert_all, 3),
    )

    assert [*written] == [-1, 2, -3]
    assert calls == [[1, 3]]
    assert await rows() == [1, 2, 3]


async def test_of_entries_that_fail_together_only_the_cause_fails(
    commits: GroupCommit, rows: Rows
) -> None:
    def insert_all(file: sqlite3.Connection, wanted: Sequence[int]) -> Sequence[int]:
        for row in wanted:
            file.execute("INSERT INTO written VALUES (?)", (row,))
        if 2 in wanted:
            raise OrderChangedError("order")
        return wanted

    outcomes = await asyncio.gather(
        *(commits.run_joined(insert_all, row) for row in (1, 2, 3)), return_exceptions=True
    )

    assert (outcomes[0], outcomes[2]) == (1, 3)
    assert isinstance(outcomes[1], OrderChangedError)
    assert await rows() == [1, 3]


async def test_a_commit_that_fails_fails_every_write_and_the_next_group_succeeds(
    thread: ConnectionThread, commits: GroupCommit, rows: Rows
) -> None:
    def child_without_parent(file: sqlite3.Connection) -> None:
        file.execute("CREATE TABLE parents (id INTEGER PRIMARY KEY)")
        file.execute(
            "CREATE TABLE children (parent REFERENCES parents DEFERRABLE INITIALLY DEFERRED)"
        )
        file.execute("INSERT INTO children VALUES (1)")

    await thread.run(lambda file: file.execute("PRAGMA foreign_keys = ON"))
    outcomes = await asyncio.gather(
        commits.run(insert(1)), commits.run(child_without_parent), return_exceptions=True
    )

    assert [type(outcome) for outcome in outcomes] == [StoreUnavailableError] * 2
    assert await rows() == []
    assert await commits.run(insert(1)) == 1


async def test_a_caller_that_is_cancelled_undoes_nobody_elses_write(
    commits: GroupCommit, rows: Rows
) -> None:
    gate = Gate()
    inside = asyncio.create_task(commits.run(gate))
    await gate.reached()
    waiting = [asyncio.create_task(commits.run(insert(row))) for row in (1, 2, 3)]
    await asyncio.sleep(0)

    inside.cancel()
    waiting[1].cancel()
    await asyncio.wait([inside, waiting[1]])
    gate.opened.set()

    assert [await waiting[0], await waiting[2]] == [1, 3]
    assert inside.cancelled()
    assert waiting[1].cancelled()
    assert await rows() == [0, 1, 3]


async def test_closing_commits_the_accepted_writes_and_accepts_no_more(
    thread: ConnectionThread, rows: Rows
) -> None:
    gate = Gate()
    commits = GroupCommit(thread, 5)
    inside = asyncio.create_task(commits.run(gate))
    await gate.reached()
    waiting = [asyncio.create_task(commits.run(insert(row))) for row in (1, 2)]
    await asyncio.sleep(0)
    closing = asyncio.create_task(commits.aclose())
    await asyncio.sleep(0)

    with pytest.raises(StoreUnavailableError, match="closed"):
        await commits.run(insert(3))
    gate.opened.set()
    await closing

    assert inside.done()
    assert await asyncio.gather(*waiting) == [1, 2]
    assert await rows() == [0, 1, 2]
    await commits.aclose()


async def test_a_full_queue_refuses_further_writes(thread: ConnectionThread) -> None:
    gate = Gate()
    async with contextlib.aclosing(GroupCommit(thread, 5, queue_size=2)) as commits:
        inside = asyncio.create_task(commits.run(gate))
        await gate.reached()
        waiting = [asyncio.create_task(commits.run(insert(row))) for row in (1, 2)]
        await asyncio.sleep(0)

        with pytest.raises(StoreUnavailableError, match="too many"):
            await commits.run(insert(3))

        gate.opened.set()
        assert await asyncio.gather(*waiting) == [1, 2]
        await inside


async def test_a_write_that_waits_too_long_fails_and_is_never_made(
    thread: ConnectionThread, rows: Rows
) -> None:
    gate = Gate()
    async with contextlib.aclosing(GroupCommit(thread, 0.2)) as commits:
        inside = asyncio.create_task(commits.run(gate))
        await gate.reached()

        with pytest.raises(StoreUnavailableError, match=r"within 0\.2 s"):
            await commits.run(insert(1))
        gate.opened.set()
        with pytest.raises(StoreUnavailableError):
            await inside

    assert await rows() == [0]
