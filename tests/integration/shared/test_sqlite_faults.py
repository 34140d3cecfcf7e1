"""A file that is locked, damaged, of a newer release, or on a full disk."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import sqlite3
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.store.contract import StoreUnavailableError
from shared.store.sqlite.schema import VERSION, NewerSchemaError
from shared.store.sqlite.store import open_sqlite_store
from tests.contract.orders import TODAY, NewOrder, orders_of
from tests.support import sqlite_full_disk


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "orders.sqlite3"


@pytest.fixture
def new_order() -> NewOrder:
    return orders_of("main")


@contextlib.contextmanager
def file_locked(path: Path) -> Iterator[None]:
    """Hold the write lock, like a process that was stopped inside a transaction."""
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        yield


async def test_only_the_owner_can_read_the_file_and_its_folder(
    path: Path, new_order: NewOrder
) -> None:
    async with open_sqlite_store(path, "main") as store:
        await store.place(new_order(), TODAY)
        modes = {each.name: stat.S_IMODE(each.stat().st_mode) for each in path.parent.iterdir()}

    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert modes == {
        "orders.sqlite3": 0o600,
        "orders.sqlite3-wal": 0o600,
        "orders.sqlite3-shm": 0o600,
    }


async def test_a_write_to_a_locked_file_ends_in_time_and_the_next_one_works(
    path: Path, new_order: NewOrder
) -> None:
    order = new_order()
    async with open_sqlite_store(path, "main", timeout_seconds=0.4) as store:
        with file_locked(path):
            began = time.monotonic()
            with pytest.raises(StoreUnavailableError, match="locked"):
                await store.place(order, TODAY)
            assert time.monotonic() - began < 0.6
            assert await store.get(order.id) is None  # reading goes on

        assert (await store.place(order, TODAY)).order.number == "001"


async def test_a_write_given_up_while_the_file_was_locked_is_never_made(
    path: Path, new_order: NewOrder
) -> None:
    given_up = new_order()
    async with open_sqlite_store(path, "main") as store:
        with file_locked(path):
            placing = asyncio.create_task(store.place(given_up, TODAY))
            for _ in range(10):  # until it has left the queue, and waits for the lock
                await asyncio.sleep(0)
            placing.cancel()
            await asyncio.wait([placing])

        assert (await store.place(new_order(), TODAY)).order.number == "001"
        assert await store.get(given_up.id) is None


def test_a_full_disk_refuses_orders_and_half_writes_none_until_there_is_room(path: Path) -> None:
    said = subprocess.run(
        [sys.executable, "-m", sqlite_full_disk.MODULE, str(path)],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
        timeout=30,
    ).stdout.splitlines()

    assert said == [
        "before: Placement",
        "alone: StoreUnavailableError",
        *["together: StoreUnavailableError"] * 5,
        "check: StoreUnavailableError",
        "after: Placement",
        "recorded: 2",
    ]


async def test_a_torn_write_costs_only_what_was_being_written(
    path: Path, tmp_path: Path, new_order: NewOrder
) -> None:
    torn = tmp_path / "torn.sqlite3"
    torn_wal = tmp_path / "torn.sqlite3-wal"
    async with open_sqlite_store(path, "main") as store:
        kept = (await store.place(new_order(), TODAY)).order
        await store.place(new_order(), TODAY)
        shutil.copy(path, torn)
        shutil.copy(path.with_name(f"{path.name}-wal"), torn_wal)
    with torn_wal.open("r+b") as wal:
        wal.truncate(torn_wal.stat().st_size - 100)

    async with open_sqlite_store(torn, "main") as store:
        assert (await store.page(None, 10, None)).orders == [kept]
        assert (await store.place(new_order(), TODAY)).order.number == "002"


@pytest.fixture
def damaged(tmp_path: Path) -> Path:
    path = tmp_path / "damaged.sqlite3"
    path.write_bytes(b"not a database, but long enough to look like one" * 100)
    return path


async def test_a_damaged_file_is_refused(damaged: Path) -> None:
    with pytest.raises(StoreUnavailableError, match="not a database"):
        async with open_sqlite_store(damaged, "main"):
            pass


async def test_a_folder_that_cannot_be_created_is_reported(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(StoreUnavailableError, match="cannot be made"):
        async with open_sqlite_store(tmp_path / "file" / "orders.sqlite3", "main"):
            pass


async def test_a_file_of_a_newer_release_is_refused_and_left_alone(path: Path) -> None:
    async with open_sqlite_store(path, "main"):
        pass
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA user_version = {VERSION + 1}")

    with pytest.raises(
        NewerSchemaError, match=f"schema version {VERSION + 1} and this release knows"
    ):
        async with open_sqlite_store(path, "main"):
            pass

    with contextlib.closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (VERSION + 1,)


async def test_orders_are_there_when_the_file_is_opened_again(
    path: Path, new_order: NewOrder
) -> None:
    async with open_sqlite_store(path, "main") as store:
        placed = (await store.place(new_order(), TODAY)).order

    async with open_sqlite_store(path, "main") as store:
        assert await store.get(placed.id) == placed
        assert (await store.place(new_order(), TODAY)).order.number == "002"


async def test_a_closed_store_refuses_every_call(path: Path, new_order: NewOrder) -> None:
    async with open_sqlite_store(path, "main") as store:
        pass

    with pytest.raises(StoreUnavailableError, match="closed"):
        await store.get("order")
    with pytest.raises(StoreUnavailableError, match="closed"):
        await store.place(new_order(), TODAY)


async def test_the_thousandth_number_has_four_digits(path: Path, new_order: NewOrder) -> None:
    async with open_sqlite_store(path, "main") as store:
        with contextlib.closing(sqlite3.connect(path)) as connection, connection:
            connection.execute("INSERT INTO numbers VALUES ('main', ?, 998)", (str(TODAY),))

        numbers = [(await store.place(new_order(), TODAY)).order.number for _ in range(2)]

    assert numbers == ["999", "1000"]
