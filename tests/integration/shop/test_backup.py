"""A store as one file: whole or not there at all, private, and restored over nothing by mistake."""

from __future__ import annotations

import datetime as dt
import os
import shutil
import sqlite3
import stat
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path

import pytest

from shared.clock import utc_now
from shared.domain.change import Change, Changed
from shared.domain.order import Order, OrderState
from shared.domain.shop import NotifierHeartbeat
from shared.domain.staff import StaffKey, StaffKeyRecord, StaffRole
from shared.store.contract import ValueKey
from shared.store.sqlite.schema import VERSION
from shared.store.sqlite.store import SqliteStore, open_sqlite_store
from shop.backup.copying import BackupError
from shop.backup.saving import save_store
from shop.processes.lock import locked
from tests.contract.orders import TODAY, NewOrder, moved, orders_of
from tests.support.command_line import Outcome, coffeeshop
from tests.support.mounts import needs_mounting, read_only


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "var"


@pytest.fixture
def new_order() -> NewOrder:
    return orders_of("main")


@pytest.fixture
async def store(folder: Path) -> AsyncIterator[SqliteStore]:
    """A store that is open while it is backed up."""
    async with open_sqlite_store(folder / "orders.sqlite3", "main") as store:
        yield store


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


async def command(folder: Path, *arguments: str, **more: str) -> Outcome:
    return await coffeeshop(*arguments, COFFEE_STATE_DIR=str(folder), **more)


async def orders_in(folder: Path) -> set[tuple[str, str, OrderState]]:
    async with open_sqlite_store(folder / "orders.sqlite3", "main") as store:
        return states((await store.page(None, 100, None)).orders)


def states(orders: Sequence[Order]) -> set[tuple[str, str, OrderState]]:
    return {(order.id, order.number, order.state) for order in orders}


async def places(store: SqliteStore, new_order: NewOrder, *then: OrderState) -> Order:
    order = (await store.place(new_order(), TODAY)).order
    if then:
        await store.replace(order, moved(order, *then))
    return moved(order, *then)


async def test_a_backup_holds_what_was_recorded_and_is_only_its_owners(
    store: SqliteStore, folder: Path, new_order: NewOrder, tmp_path: Path
) -> None:
    recorded = [await places(store, new_order), await places(store, new_order, OrderState.CANCELED)]
    file = tmp_path / "friday.sqlite3"

    outcome = await command(folder, "backup", str(file))

    assert outcome.code == 0, outcome.err
    assert (
        f"holds 2 orders (1 open) and 0 subscriptions, in schema version {VERSION}" in outcome.out
    )
    assert "staff key" in outcome.out
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert names(tmp_path) == ["friday.sqlite3", "var"]

    restored = await command(tmp_path / "fresh", "restore", str(file))
    assert restored.code == 0, restored.err
    assert await orders_in(tmp_path / "fresh") == states(recorded)
    assert not list((tmp_path / "fresh").glob("*.draft*"))


@pytest.fixture
def unwritable(folder: Path, tmp_path: Path) -> Iterator[Path]:
    """The store's folder, as somebody sees it who may only read it."""
    folder.mkdir()
    with read_only(folder, tmp_path / "unwritable") as seen:
        yield seen


@needs_mounting
async def test_a_store_in_a_folder_that_cannot_be_written_is_backed_up_open_and_closed(
    folder: Path, unwritable: Path, new_order: NewOrder, tmp_path: Path
) -> None:
    async with open_sqlite_store(folder / "orders.sqlite3", "main") as store:
        order = await places(store, new_order)
        files = [tmp_path / "of-the-open-one", tmp_path / "of-the-closed-one"]
        backups = [await command(unwritable, "backup", str(files[0]))]
    backups += [await command(unwritable, "backup", str(files[1]))]
    for backup, file in zip(backups, files, strict=True):
        assert backup.code == 0, backup.err
        assert (await command(tmp_path / f"from-{file.name}", "restore", str(file))).code == 0
        assert await orders_in(tmp_path / f"from-{file.name}") == states([order])


@needs_mounting
async def test_no_backup_is_made_of_a_store_that_was_opened_and_changed_meanwhile(
    folder: Path, unwritable: Path, tmp_path: Path
) -> None:
    async with open_sqlite_store(folder / "orders.sqlite3", "main"):
        pass

    def write(_: int, __: int) -> None:
        with closing(sqlite3.connect(folder / "orders.sqlite3")) as writer, writer:
            writer.execute("INSERT INTO numbers VALUES ('other', 'a day', 1)")

    with pytest.raises(BackupError, match="opened and changed meanwhile; try again"):
        save_store(unwritable / "orders.sqlite3", None, tmp_path / "backup", write, force=False)
    assert not (tmp_path / "backup").exists()


@needs_mounting
async def test_what_to_do_is_told_in_a_line_where_a_log_cannot_be_read_without_writing(
    store: SqliteStore, folder: Path, new_order: NewOrder, tmp_path: Path
) -> None:
    await places(store, new_order)
    crashed = tmp_path / "crashed"
    shutil.copytree(folder, crashed, ignore=shutil.ignore_patterns("*-shm"))
    with read_only(crashed, tmp_path / "unwritable") as seen:
        outcome = await command(seen, "backup", str(tmp_path / "backup"), COLUMNS="300")
    assert (outcome.code, len(outcome.err.splitlines())) == (1, 1)
    assert "do this as the user who owns it, or with a copy of its folder" in outcome.err
    assert not (tmp_path / "backup").exists()


async def test_a_backup_is_of_one_moment_and_ends_however_much_is_written_meanwhile(
    folder: Path, new_order: NewOrder, tmp_path: Path
) -> None:
    async with open_sqlite_store(folder / "orders.sqlite3", "main") as store:
        for _ in range(300):
            await places(store, new_order)
    steps: list[int] = []

    def write(done: int, _: int) -> None:
        steps.append(done)
        assert len(steps) < 100
        with closing(sqlite3.connect(folder / "orders.sqlite3")) as writer, writer:
            writer.execute("INSERT INTO numbers VALUES ('other', ?, 1)", (f"day-{len(steps)}",))

    path, backup = folder / "orders.sqlite3", tmp_path / "backup"
    save_store(path, None, backup, write, force=False, step_pages=20)

    assert len(steps) > 3
    with closing(sqlite3.connect(tmp_path / "backup")) as copy:
        counts = "SELECT (SELECT count(*) FROM orders), (SELECT count(*) FROM numbers)"
        assert copy.execute(counts).fetchone() == (300, 1)


async def test_neither_command_writes_over_anything_unless_it_is_told_to(
    store: SqliteStore, folder: Path, new_order: NewOrder, tmp_path: Path
) -> None:
    await places(store, new_order)
    file = tmp_path / "backup"
    file.write_text("precious")
    outcome = await command(folder, "backup", str(file))
    assert (outcome.code, file.read_text()) == (1, "precious")
    assert "--force" in outcome.err

    file.unlink()
    assert (await command(folder, "backup", str(file))).code == 0
    assert (await command(folder, "backup", "--force", str(file))).code == 0

    other = tmp_path / "other"
    assert (await command(other, "restore", str(file))).code == 0
    async with open_sqlite_store(other / "orders.sqlite3", "main") as theirs:
        await places(theirs, new_order)
    before = await orders_in(other)
    outcome = await command(other, "restore", str(file))
    assert outcome.code == 1
    assert "--force keeps it under another name" in outcome.err
    assert await orders_in(other) == before


async def test_force_writes_over_a_backup_and_over_nothing_else(
    store: SqliteStore, folder: Path, new_order: NewOrder, tmp_path: Path
) -> None:
    await places(store, new_order)
    text, database, log = (tmp_path / name for name in ("text", "notes", "backup-wal"))
    text.write_text("precious")
    of_another_program(database)
    log.write_text("of another store")
    own = [folder / f"orders.sqlite3{suffix}" for suffix in ("", "-wal", "-shm", "-journal")]
    before = {path: path.read_bytes() for path in (text, database, log)}

    for path, code in [*((own, 2) for own in own), (text, 2), (database, 2), (log, 2)]:
        refused = await command(folder, "backup", "--force", str(path), COLUMNS="300")
        assert (refused.code, len(refused.err.splitlines())) == (code, 1), path
        assert "--force writes over" not in refused.err
    beside_its_log = await command(folder, "backup", str(tmp_path / "backup"), COLUMNS="300")
    assert (beside_its_log.code, str(log) in beside_its_log.err) == (1, True)
    assert {path: path.read_bytes() for path in before} == before
    assert not own[-1].exists()
    assert len((await store.page(None, 100, None)).orders) == 1


@pytest.mark.usefixtures("store")
async def test_a_backup_to_a_link_writes_what_it_leads_to(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    target, link = tmp_path / "disk" / "friday.sqlite3", tmp_path / "latest"
    link.symlink_to(target)

    first = await command(folder, "backup", str(link))
    again = await command(folder, "backup", str(link), "--force")

    assert (first.code, again.code) == (0, 0), (first.err, again.err)
    assert link.readlink() == target
    assert names(tmp_path / "disk") == ["friday.sqlite3"]


@pytest.mark.usefixtures("store")
async def test_what_cannot_be_a_backup_is_told_by_what_it_is(folder: Path, tmp_path: Path) -> None:
    loop, pipe = tmp_path / "loop", tmp_path / "pipe"
    loop.symlink_to(loop)
    os.mkfifo(pipe)
    for arguments, code, said in (
        (("backup", str(tmp_path)), 2, f"{tmp_path} is a folder"),
        (("backup", str(tmp_path), "--force"), 2, f"{tmp_path} is a folder"),
        (("backup", str(tmp_path / "no" / "file")), 1, f"There is no folder {tmp_path}/no/."),
        (("backup", str(pipe), "--force"), 2, f"{pipe} is not a regular file"),
        (("backup", str(loop)), 2, "is a link to itself"),
        (("restore", str(tmp_path)), 2, f"{tmp_path} is a folder"),
        (("restore", "/dev/null"), 2, "/dev/null is not a regular file"),
    ):
        where = folder if arguments[0] == "backup" else tmp_path / "fresh"
        refused = await command(where, *arguments, COLUMNS="300")
        assert (refused.code, said in refused.err) == (code, True), (arguments, refused)
        assert "draft" not in refused.err
    assert pipe.is_fifo()


async def test_a_store_that_is_replaced_is_kept_and_its_numbers_are_not_given_out_again(
    store: SqliteStore, folder: Path, new_order: NewOrder, tmp_path: Path
) -> None:
    kept = await places(store, new_order)
    file, other = tmp_path / "backup", tmp_path / "other"
    await command(folder, "backup", str(file))
    await command(other, "restore", str(file))
    async with open_sqlite_store(other / "orders.sqlite3", "main") as theirs:
        lost = await places(theirs, new_order)
        killed = NotifierHeartbeat("killed", utc_now())
        await theirs.record_heartbeat(killed)

    outcome = await command(other, "restore", str(file), "--force", COLUMNS="200")

    assert outcome.code == 0, outcome.err
    (said,) = [line for line in outcome.lines if "is kept as" in line]
    away = Path(said.split()[-1])
    assert await orders_in(other) == states([kept])
    async with open_sqlite_store(other / "orders.sqlite3", "main") as theirs:
        assert (await places(theirs, new_order)).number == "003"
        assert await theirs.notifier_heartbeats() == [killed], "whose queue is to be removed"
    async with open_sqlite_store(away, "main") as theirs:
        assert await theirs.get(lost.id) == lost


@pytest.mark.parametrize("days_ago", [0, 1, 30])
async def test_where_no_store_is_left_no_number_of_the_lost_orders_is_called_again(
    store: SqliteStore, folder: Path, new_order: NewOrder, tmp_path: Path, days_ago: int
) -> None:
    today = utc_now().date()
    await store.place(new_order(), today - dt.timedelta(days=days_ago))
    file = tmp_path / "backup"
    await command(folder, "backup", str(file))

    async def next_number(where: str, *options: str) -> tuple[int, str]:
        outcome = await command(tmp_path / where, "restore", str(file), *options, COLUMNS="200")
        assert outcome.code == 0, outcome.err
        async with open_sqlite_store(tmp_path / where / "orders.sqlite3", "main") as restored:
            return int((await restored.place(new_order(), today)).order.number), outcome.out

    (tmp_path / "damaged").mkdir()
    (tmp_path / "damaged" / "orders.sqlite3").write_bytes(os.urandom(8192))
    copied = 0 if days_ago else 1
    for where, options in (("fresh", ()), ("damaged", ("--force",))):
        number, said = await next_number(where, *options)
        assert number == copied + 1000 + 1
        assert "Order numbers go on 1,000 further" in said
    number, said = await next_number("moved", "--nothing-sold")
    assert number == copied + 1
    assert "Order numbers" not in said


async def test_a_key_that_was_withdrawn_is_not_good_again_where_its_store_is_replaced(
    store: SqliteStore, folder: Path, tmp_path: Path
) -> None:
    file, at = tmp_path / "backup", utc_now()

    def change() -> Change:
        return Change(at, "owner", Changed.STAFF_KEYS, "a key")

    for name in ("Ada", "Grace"):
        key = StaffKey(name.lower(), name, StaffRole.BARISTA)
        await store.add_staff_key(StaffKeyRecord(key, f"digest of {name}", at, "owner"), change())
    await command(folder, "backup", str(file))
    other = tmp_path / "other"
    said = await command(other, "restore", str(file), COLUMNS="200")
    assert "Staff keys that are valid now: Ada (barista), Grace (barista)." in said.out
    assert "keys withdraw NAME" in said.out
    async with open_sqlite_store(other / "orders.sqlite3", "main") as theirs:
        await theirs.withdraw_staff_key("ada", change())

    outcome = await command(other, "restore", str(file), "--force", COLUMNS="200")

    assert outcome.code == 0, outcome.err
    async with open_sqlite_store(other / "orders.sqlite3", "main") as theirs:
        assert [record.key.name for record in await theirs.staff_keys()] == ["Grace"]


async def test_a_restored_store_does_not_trust_queues_that_it_knows_nothing_of(
    store: SqliteStore, folder: Path, tmp_path: Path
) -> None:
    await store.set_value(ValueKey.QUEUE_EPOCH, "epoch")
    await store.set_value(ValueKey.LINK_SECRET, "secret")
    file, fresh = tmp_path / "backup", tmp_path / "fresh"
    await command(folder, "backup", str(file))
    await command(fresh, "restore", str(file))

    async with open_sqlite_store(fresh / "orders.sqlite3", "main") as restored:
        assert await restored.value(ValueKey.QUEUE_EPOCH) is None
        assert await restored.value(ValueKey.LINK_SECRET) == "secret"


async def test_nothing_is_restored_into_a_folder_where_the_store_is_in_use(
    store: SqliteStore, folder: Path, new_order: NewOrder, tmp_path: Path
) -> None:
    order = await places(store, new_order)
    file = tmp_path / "backup"
    await command(folder, "backup", str(file))

    outcome = await command(folder, "restore", "--force", str(file))
    assert outcome.code == 1
    assert "is in use; close the shop first" in outcome.err
    assert await store.get(order.id) == order
    assert (await places(store, new_order)).number == "002"

    fresh = tmp_path / "fresh"
    with locked(fresh):
        outcome = await command(fresh, "restore", str(file))
    assert outcome.code == 1
    assert f"Another shop (process {os.getpid()}) is open" in outcome.err
    assert not (fresh / "orders.sqlite3").exists()


def newer(file: Path) -> None:
    with closing(sqlite3.connect(file)) as connection:
        connection.execute(f"PRAGMA user_version = {VERSION + 1}")


def damaged(file: Path) -> None:
    with closing(sqlite3.connect(file)) as connection:
        query = "SELECT rootpage FROM sqlite_master WHERE name = 'issues_by_time'"
        (page,) = connection.execute(query).fetchone()
    with file.open("r+b") as bytes_:
        bytes_.seek((page - 1) * 4096)
        bytes_.write(os.urandom(4096))


def cut_off(file: Path) -> None:
    os.truncate(file, 3 * 4096)


def a_text(file: Path) -> None:
    file.write_text("orders\n" * 1000)


def of_another_program(file: Path) -> None:
    file.unlink(missing_ok=True)
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("CREATE TABLE notes (text)")


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (newer, f"schema version {VERSION + 1}"),
        (damaged, "is damaged"),
        (cut_off, ""),
        (a_text, "is not the order store of a shop"),
        (of_another_program, "is not the order store of a shop"),
        (Path.unlink, "There is no file"),
    ],
)
async def test_what_is_no_sound_backup_is_refused_and_the_store_stays(
    store: SqliteStore,
    folder: Path,
    new_order: NewOrder,
    tmp_path: Path,
    spoil: Callable[[Path], None],
    said: str,
) -> None:
    await places(store, new_order)
    file, other = tmp_path / "backup", tmp_path / "other"
    await command(folder, "backup", str(file))
    await command(other, "restore", str(file))
    before, files = await orders_in(other), names(other)
    spoil(file)

    outcome = await command(other, "restore", "--force", str(file), COLUMNS="200")

    assert outcome.code == 1
    assert said in outcome.err
    assert len(outcome.err.splitlines()) == 1
    assert await orders_in(other) == before
    assert names(other) == files


async def test_a_damaged_store_is_replaced_by_a_backup_and_kept(
    store: SqliteStore, folder: Path, new_order: NewOrder, tmp_path: Path
) -> None:
    order = await places(store, new_order)
    file, other = tmp_path / "backup", tmp_path / "other"
    await command(folder, "backup", str(file))
    await command(other, "restore", str(file))
    (other / "orders.sqlite3").write_bytes(os.urandom(8192))

    assert (await command(other, "restore", "--force", str(file))).code == 0

    assert await orders_in(other) == states([order])


async def test_a_backup_that_was_copied_with_its_log_is_restored_with_it(
    store: SqliteStore, folder: Path, new_order: NewOrder, tmp_path: Path
) -> None:
    orders = [await places(store, new_order) for _ in range(3)]
    copied = tmp_path / "copied"
    shutil.copytree(folder, copied)

    outcome = await command(tmp_path / "fresh", "restore", str(copied / "orders.sqlite3"))

    assert outcome.code == 0, outcome.err
    assert await orders_in(tmp_path / "fresh") == states(orders)


async def test_a_missing_store_and_one_in_dynamodb_are_told_in_a_line(tmp_path: Path) -> None:
    outcome = await command(tmp_path / "empty", "backup", str(tmp_path / "backup"))
    assert (outcome.code, len(outcome.err.splitlines())) == (1, 1)
    assert "There are no orders in" in outcome.err

    for arguments in (("backup", "file"), ("restore", "file")):
        outcome = await command(tmp_path, *arguments, COFFEE_STORE="dynamodb", COLUMNS="300")
        assert outcome.code == 2
        assert "in the table coffee-shop: back it up there" in outcome.err
    assert names(tmp_path) == []
