"""The SQLite store alone: older files, deleting what is finished, an unavailable file."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import sqlite3
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from notifier.store.contract import NotifierStore
from notifier.store.factory import open_notifier_store
from notifier.store.sqlite.store import open_sqlite_notifier_store
from shared.clock import sortable
from shared.domain.delivery import DeliveryState
from shared.domain.order import Order
from shared.domain.subscription import SubscriptionState, advance
from shared.runtime.settings import ServiceSettings
from shared.runtime.startup import StartupError
from shared.store.contract import StoreUnavailableError
from shared.store.document import ORDER
from shared.store.factory import open_store
from shared.store.sqlite import schema as sqlite_schema
from shared.store.sqlite import schema_steps
from shared.store.sqlite.store import open_sqlite_store
from tests.contract.orders import NOON, TODAY, NewOrder
from tests.contract.subscribers import SECOND, NewSubscription, all_of, due_to, issue

DAY = dt.timedelta(days=1)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "orders.sqlite3"


@pytest.fixture
async def notifier(path: Path, shop_id: str) -> AsyncIterator[NotifierStore]:
    async with open_sqlite_notifier_store(path, shop_id) as opened:
        yield opened


def write_as_the_first_release(path: Path, order: Order) -> None:
    with contextlib.closing(sqlite3.connect(path)) as connection, connection:
        for statement in schema_steps.STEPS[0]:
            connection.execute(statement)
        connection.execute("PRAGMA user_version = 1")
        connection.execute(
            "INSERT INTO numbers (store_id, business_day, last) VALUES (?, ?, 1)",
            (order.store_id, TODAY.isoformat()),
        )
        connection.execute(
            "INSERT INTO orders VALUES (?, ?, ?, ?, 1, 0, ?, ?)",
            (
                order.id,
                order.store_id,
                order.number,
                order.state,
                sortable(order.placed_at),
                ORDER.dump_json(order).decode(),
            ),
        )


async def test_a_file_of_the_first_release_is_brought_up_with_its_orders_intact(
    path: Path, shop_id: str, new_order: NewOrder, new_subscription: NewSubscription
) -> None:
    placed = replace(new_order(), number="001")
    write_as_the_first_release(path, placed)

    async with open_sqlite_notifier_store(path, shop_id) as notifier:
        subscription = await notifier.add_subscription(new_subscription())
        async with open_sqlite_store(path, shop_id) as store:
            assert await store.get(placed.id) == placed
            assert (await store.place(new_order(), TODAY)).order.number == "002"
            assert await store.subscription(subscription.id) == subscription

    with contextlib.closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (sqlite_schema.VERSION,)


async def test_deliveries_that_finished_long_ago_are_deleted_and_the_rest_is_not(
    notifier: NotifierStore,
) -> None:
    long_ago = NOON - 2 * DAY
    done = (DeliveryState.DELIVERED, DeliveryState.FAILED, DeliveryState.DROPPED)
    due = due_to("ada", "due", long_ago)
    old = [replace(due_to("ada", state, long_ago), state=state) for state in done]
    lately = [replace(delivery, id=f"{delivery.id}-2", tried_at=NOON) for delivery in old]
    await notifier.log_due([due])
    for delivery in (*old, *lately):
        await notifier.log_attempt(delivery)

    await notifier.delete_finished(NOON - DAY, NOON - DAY)

    assert set(await notifier.last_deliveries("ada", 10)) == {due, *lately}


async def test_all_of_a_long_log_is_deleted(notifier: NotifierStore) -> None:
    await asyncio.gather(
        *(
            notifier.log_attempt(
                replace(due_to("ada", f"issue-{count}"), state=DeliveryState.DELIVERED)
            )
            for count in range(1200)
        )
    )

    await notifier.delete_finished(NOON + DAY, NOON + DAY)

    assert await notifier.last_deliveries("ada", 10) == []


async def test_issues_are_deleted_once_they_were_announced(
    notifier: NotifierStore, path: Path
) -> None:
    long_ago = NOON - 2 * DAY
    announced, waiting, new = issue("old", long_ago), issue("waiting", long_ago), issue("new")
    for accepted in (announced, waiting, new):
        await notifier.add_issue(accepted)
    for accepted in (announced, new):
        await notifier.issue_announced(accepted.id)

    await notifier.delete_finished(NOON - DAY, NOON - DAY)

    assert await notifier.unannounced_issues(10) == [waiting]
    with contextlib.closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT id FROM issues ORDER BY id").fetchall() == [
            ("new",),
            ("waiting",),
        ]


async def test_subscriptions_are_deleted_some_time_after_they_ended(
    notifier: NotifierStore, new_subscription: NewSubscription
) -> None:
    pending, old, lately = [
        await notifier.add_subscription(new_subscription(created_at=NOON - 3 * DAY))
        for _ in range(3)
    ]
    for subscription, at in ((old, NOON - DAY - SECOND), (lately, NOON)):
        ended = advance(subscription, SubscriptionState.ENDED, at)
        await notifier.replace_subscription(subscription, ended)

    await notifier.delete_finished(NOON - DAY, NOON - DAY)

    assert await notifier.subscription(old.id) is None
    assert await notifier.subscription(lately.id) is not None
    assert await all_of(notifier.subscribed(["coupons"])) == [pending]


async def test_however_many_subscribe_all_are_found_once(
    notifier: NotifierStore, new_subscription: NewSubscription
) -> None:
    added = [new_subscription() for _ in range(1001)]
    await asyncio.gather(*map(notifier.add_subscription, added))

    pages = [page async for page in notifier.subscribed(["coupons"])]
    assert max(map(len, pages)) < len(added)
    found = [subscription.id for page in pages for subscription in page]
    assert sorted(found) == sorted(subscription.id for subscription in added)


async def test_a_shop_deletes_nothing_of_another(path: Path, notifier: NotifierStore) -> None:
    delivered = replace(due_to("ada"), state=DeliveryState.DELIVERED)
    await notifier.log_attempt(delivered)

    async with open_sqlite_notifier_store(path, "elsewhere") as elsewhere:
        await elsewhere.delete_finished(NOON + DAY, NOON + DAY)

    assert await notifier.delivery("ada", delivered.id) == delivered


async def test_a_write_to_a_locked_file_is_unavailable_in_time(path: Path, shop_id: str) -> None:
    async with open_sqlite_notifier_store(path, shop_id, timeout_seconds=0.4) as notifier:
        with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as rival:
            rival.execute("BEGIN IMMEDIATE")
            with pytest.raises(StoreUnavailableError):
                await notifier.log_due([due_to("ada")])
            assert await notifier.due_deliveries(10) == []

        await notifier.log_due([due_to("ada")])
        assert await notifier.due_deliveries(10) == [due_to("ada")]


async def test_a_store_that_is_closed_refuses_every_call(path: Path, shop_id: str) -> None:
    async with open_sqlite_notifier_store(path, shop_id) as notifier:
        pass

    with pytest.raises(StoreUnavailableError, match="closed"):
        await notifier.due_deliveries(10)
    with pytest.raises(StoreUnavailableError, match="closed"):
        await notifier.put_topic("beans", "")


async def test_the_settings_open_it_on_the_file_of_the_orders(
    tmp_path: Path, new_subscription: NewSubscription
) -> None:
    settings = ServiceSettings(state_dir=tmp_path)

    async with (
        open_store(settings, None, lambda: NOON) as store,
        open_notifier_store(settings, None, lambda: NOON) as notifier,
    ):
        subscription = await store.add_subscription(new_subscription())
        assert await notifier.subscription(subscription.id) == subscription


async def test_a_file_that_cannot_be_opened_stops_the_start(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    settings = ServiceSettings(state_dir=tmp_path / "file")

    with pytest.raises(StartupError):
        async with open_notifier_store(settings, None, lambda: NOON):
            pass
