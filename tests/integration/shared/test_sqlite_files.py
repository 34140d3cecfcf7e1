"""The store's files removed, replaced, moved or damaged while it is open: nothing is acknowledged
that the file under its name does not have."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
import structlog

from shared.store.contract import StoreCorruptError, StoreUnavailableError
from shared.store.sqlite import schema
from shared.store.sqlite.store import SqliteStore, open_sqlite_store
from tests.contract.orders import TODAY, NewOrder, orders_of


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "orders.sqlite3"


@pytest.fixture
def new_order() -> NewOrder:
    return orders_of("main")


def beside(path: Path, suffix: str) -> Path:
    return path.with_name(path.name + suffix)


async def places(store: SqliteStore, new_order: NewOrder) -> str:
    return (await store.place(new_order(), TODAY)).order.id


async def refuses(store: SqliteStore, new_order: NewOrder) -> None:
    with pytest.raises(StoreUnavailableError):
        await store.place(new_order(), TODAY)
    with pytest.raises(StoreUnavailableError):
        await store.check()


async def ids_in(path: Path) -> set[str]:
    async with open_sqlite_store(path, "main") as store:
        return {order.id for order in (await store.page(None, 100, None)).orders}


def begin_a_copy(path: Path) -> None:
    path.parent.mkdir()
    path.touch()
    beside(path, "-wal").write_bytes(b"the last orders")


def size(path: Path) -> int:
    return path.stat().st_size


async def test_an_empty_file_becomes_no_store_where_the_shops_own_is_expected(
    path: Path, new_order: NewOrder
) -> None:
    """It may be a copy that has just begun."""
    async with open_sqlite_store(path, "main") as store:
        before = await places(store, new_order)
        away = path.parent.rename(path.parent.with_name("away"))
        begin_a_copy(path)
        await refuses(store, new_order)
        await refuses(store, new_order)
        with pytest.raises(StoreUnavailableError, match="is empty"):
            async with open_sqlite_store(path, "main", makes=False):
                pass
        assert size(path) == 0
        assert size(beside(path, "-wal")) > 0

        shutil.rmtree(path.parent)
        away.rename(path.parent)
        after = await places(store, new_order)
    assert {before, after} <= await ids_in(path)


@pytest.fixture
def emptied(path: Path) -> Iterator[Path]:
    """The state folder; nothing may have been made in its place at the end of the test."""
    yield path.parent
    assert not path.exists()


async def test_no_order_is_acknowledged_once_the_state_folder_was_removed(
    path: Path, new_order: NewOrder, emptied: Path
) -> None:
    async with open_sqlite_store(path, "main") as store:
        await places(store, new_order)
        with structlog.testing.capture_logs() as logged:
            shutil.rmtree(emptied)
            await refuses(store, new_order)

    assert {line["event"] for line in logged} == {"store.files_replaced"}


async def test_orders_are_taken_again_once_the_renamed_folder_has_its_name_back(
    path: Path, new_order: NewOrder
) -> None:
    async with open_sqlite_store(path, "main") as store:
        before = await places(store, new_order)
        away = path.parent.rename(path.parent.with_name("away"))
        await refuses(store, new_order)

        away.rename(path.parent)
        after = await places(store, new_order)

    assert {before, after} <= await ids_in(path)


async def test_a_restored_folder_is_used_without_a_restart(path: Path, new_order: NewOrder) -> None:
    async with open_sqlite_store(path, "main") as store:
        kept = await places(store, new_order)
    backup = shutil.copytree(path.parent, path.parent.with_name("backup"))

    async with open_sqlite_store(path, "main") as store:
        await places(store, new_order)
        shutil.rmtree(path.parent)
        backup.rename(path.parent)
        with pytest.raises(StoreUnavailableError):
            await store.place(new_order(), TODAY)
        later = await places(store, new_order)

    assert await ids_in(path) == {kept, later}


async def test_a_backup_is_never_mixed_with_the_log_of_the_file_that_it_replaces(
    path: Path, new_order: NewOrder, tmp_path: Path
) -> None:
    async with open_sqlite_store(path, "main") as store:
        kept = await places(store, new_order)
    backup = Path(shutil.copy(path, tmp_path / "backup"))

    async with open_sqlite_store(path, "main") as store:
        for _ in range(20):
            await places(store, new_order)
        shutil.move(backup, path)
        await refuses(store, new_order)
        with pytest.raises(StoreUnavailableError, match="remove its -wal and -shm files"):
            await store.place(new_order(), TODAY)

        for suffix in ("-wal", "-shm"):
            beside(path, suffix).unlink()
        await places(store, new_order)

    assert kept in await ids_in(path)


@pytest.mark.parametrize("suffix", ["-wal", "-shm"])
async def test_a_removed_log_costs_no_acknowledged_order(
    path: Path, new_order: NewOrder, suffix: str
) -> None:
    async with open_sqlite_store(path, "main") as store:
        acknowledged = {await places(store, new_order) for _ in range(5)}
        beside(path, suffix).unlink()
        await refuses(store, new_order)
        with pytest.raises(StoreUnavailableError, match="open the shop again"):
            await store.place(new_order(), TODAY)

    assert acknowledged <= await ids_in(path)


def overwrite_page(path: Path, number: int) -> None:
    size = 4096
    with path.open("r+b") as file:
        file.seek((number - 1) * size)
        file.write(os.urandom(size))


def root_page(path: Path, name: str) -> int:
    with closing(sqlite3.connect(path)) as connection:
        query = "SELECT rootpage FROM sqlite_master WHERE name = ?"
        page: int = connection.execute(query, (name,)).fetchone()[0]
        return page


@pytest.mark.parametrize(
    "name", ["orders", "orders_newest", "orders_by_state", "sqlite_autoindex_orders_1"]
)
async def test_a_store_that_cannot_take_orders_is_not_ready(path: Path, name: str) -> None:
    async with open_sqlite_store(path, "main"):
        pass
    overwrite_page(path, root_page(path, name))

    with (
        structlog.testing.capture_logs() as logged,
        pytest.raises(StoreCorruptError, match="restore a backup"),
    ):
        async with open_sqlite_store(path, "main"):
            pass
    assert [line["event"] for line in logged] == ["store.corrupt"]


async def test_damage_where_nobody_reads_is_found_in_the_background(
    path: Path, new_order: NewOrder
) -> None:
    async with open_sqlite_store(path, "main") as store:
        await places(store, new_order)
    overwrite_page(path, root_page(path, "issues_by_time"))

    async with open_sqlite_store(path, "main") as store:
        await store.check()
        with structlog.testing.capture_logs() as logged:
            await store.find_damage()
        with pytest.raises(StoreCorruptError, match="restore a backup"):
            await store.check()
    assert [line["event"] for line in logged] == ["store.corrupt"]


async def test_a_sound_file_stays_ready_after_it_was_verified(
    path: Path, new_order: NewOrder
) -> None:
    async with open_sqlite_store(path, "main") as store:
        await places(store, new_order)
        await store.find_damage()
        await store.check()


async def test_a_check_leaves_no_order_behind(path: Path) -> None:
    async with open_sqlite_store(path, "main") as store:
        await store.check()
    assert await ids_in(path) == set()


async def test_an_older_sqlite_is_refused_in_words(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(schema, "OLDEST_SQLITE", (99, 0, 0))

    with pytest.raises(
        StoreUnavailableError, match=r"SQLite is \d\S+, and the shop needs 99\.0\.0"
    ):
        async with open_sqlite_store(path, "main"):
            pass
