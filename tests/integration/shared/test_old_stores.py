"""Files of every earlier schema version open as today's store: with all that was in them."""

from __future__ import annotations

import datetime as dt
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest

from notifier.store.sqlite.store import SqliteNotifierStore
from shared.domain.order import Order, OrderState, advance, claim
from shared.domain.order_copies import forget_customer
from shared.domain.subscription import SubscriptionState
from shared.store.contract import OrderChangedError, ValueKey
from shared.store.sqlite.file import open_file
from shared.store.sqlite.schema import VERSION
from shared.store.sqlite.store import SqliteStore, open_sqlite_store
from tests.contract.orders import orders_of
from tests.support.old_stores import LEFT, VERSIONS, write_store, yesterday

MOMENT = dt.datetime.now(dt.UTC).replace(microsecond=0)


@pytest.fixture(params=VERSIONS, ids=lambda version: f"v{version}")
def version(request: pytest.FixtureRequest) -> int:
    return int(request.param)


@pytest.fixture
def path(version: int, tmp_path: Path) -> Path:
    path = tmp_path / "orders.sqlite3"
    write_store(path, version)
    return path


@pytest.fixture
async def store(path: Path) -> AsyncIterator[SqliteStore]:
    async with open_sqlite_store(path, "main") as store:
        yield store


async def by_customer(store: SqliteStore) -> dict[str, Order]:
    page = await store.page(None, 100, None)
    return {order.customer_name: order for order in page.orders}


def test_there_is_a_file_of_every_version_that_was_landed_before_this_one() -> None:
    assert list(range(1, VERSION)) == VERSIONS


async def test_its_orders_are_found_as_they_were(store: SqliteStore) -> None:
    orders = await by_customer(store)
    assert {name: (order.number, order.state) for name, order in orders.items()} == LEFT

    ada = orders["Ada"]
    (line,) = ada.items
    assert (ada.total, ada.currency, line.note, line.modifiers) == (
        1040,
        "USD",
        "hot",
        ("oat-milk",),
    )
    assert [entry.state for entry in ada.timeline] == ["placed", "preparing", "ready", "collected"]
    assert ada.placed_at.date() == yesterday()
    assert (ada.tax, ada.menu_version, ada.business_day, ada.remake_of) == (0, 0, None, None)
    still_open = {order.customer_name for order in await store.open_orders(set(OrderState), 100)}
    assert still_open == {"Grace", "Alan", "Edsger"}
    assert (await store.status()).sold_out == {"banana-bread"}
    assert await store.value(ValueKey.ORDER_ID_SECRET) == "5ec2e7" * 10 + "5ec2"


async def test_its_orders_go_on_and_numbers_do_not_repeat(store: SqliteStore) -> None:
    orders = await by_customer(store)
    claimed = claim(orders["Alan"], "another-ticket", MOMENT, MOMENT + dt.timedelta(seconds=30))
    await store.replace(orders["Alan"], claimed)
    ready = advance(claimed, OrderState.READY, MOMENT)
    await store.replace(claimed, ready)
    with pytest.raises(OrderChangedError):  # the fence holds for old orders as well
        await store.replace(orders["Alan"], advance(claimed, OrderState.PLACED, MOMENT))
    await store.replace(orders["Ada"], forget_customer(orders["Ada"]))

    assert await store.get(ready.id) == ready
    assert (await by_customer(store)).keys() == LEFT.keys() - {"Ada"} | {"forgotten"}
    placed = await store.place(orders_of("main")(), yesterday())
    assert placed.order.number == "006"


async def test_its_subscribers_are_found(path: Path, version: int) -> None:
    async with open_file(SqliteNotifierStore, path, "main") as store:
        active = await store.in_state(SubscriptionState.ACTIVE, 10)
        pending = await store.in_state(SubscriptionState.PENDING, 10)
        topics = await store.topics()
    of_topics = version > 1
    assert [one.target for one in active] == ["ada@guests.example"] * of_topics
    assert {one.target for one in pending} >= ({"grace@guests.example"} if of_topics else set())
    assert ("coupons" in topics) is of_topics


async def test_it_has_the_tables_of_a_new_file(
    path: Path, store: SqliteStore, tmp_path: Path
) -> None:
    new = tmp_path / "new.sqlite3"
    async with open_sqlite_store(new, "main"):
        pass
    await store.check()
    assert columns(path) == columns(new)
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (VERSION,)


def columns(path: Path) -> set[tuple[str, str, str]]:
    """Tables and indexes, with their columns."""
    query = """SELECT m.name, c.name, c.type FROM sqlite_master m, pragma_table_xinfo(m.name) c
        WHERE m.type = 'table' UNION
        SELECT m.name, c.name, '' FROM sqlite_master m, pragma_index_xinfo(m.name) c
        WHERE m.type = 'index' AND c.name IS NOT NULL"""
    with closing(sqlite3.connect(path)) as connection:
        return set(connection.execute(query))
