"""However many subscriptions there are, housekeeping reads all, and counting them costs little."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from notifier.build import counts_fresh
from notifier.deliveries.confirmation import LIFETIME
from notifier.deliveries.health import SubscriptionHealth
from notifier.deliveries.housekeeping import Housekeeping
from notifier.store.contract import pages_in_state
from notifier.store.sqlite.store import SqliteNotifierStore, open_sqlite_notifier_store
from shared.domain.subscription import Subscription, SubscriptionState
from shared.runtime.ttl_cache import TtlCache
from tests.contract.orders import NOON
from tests.contract.subscribers import SECOND, subscriptions_of

PENDING, ACTIVE = SubscriptionState.PENDING, SubscriptionState.ACTIVE
GOOD_FOR = 2.0
MANY = 1100
"""More than two pages."""

new_subscription = subscriptions_of("main")


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqliteNotifierStore]:
    async with open_sqlite_notifier_store(tmp_path / "shop.db", "main") as store:
        yield store


async def many(store: SqliteNotifierStore, since: dt.datetime) -> Sequence[str]:
    """Add many that are pending, several of each second."""
    subscriptions = [new_subscription(created_at=since + (n // 3) * SECOND) for n in range(MANY)]
    return [one.id for one in await asyncio.gather(*map(store.add_subscription, subscriptions))]


async def pending(store: SqliteNotifierStore) -> Sequence[Subscription]:
    return [one async for page in pages_in_state(store, PENDING) for one in page]


async def test_all_in_a_state_are_listed_once(store: SqliteNotifierStore) -> None:
    added = await many(store, NOON)
    assert sorted(one.id for one in await pending(store)) == sorted(added)


async def test_all_that_were_never_confirmed_end_in_one_pass_and_no_others(
    store: SqliteNotifierStore,
) -> None:
    await many(store, NOON)
    young = await store.add_subscription(new_subscription(created_at=NOON + LIFETIME))

    def clock() -> dt.datetime:
        return NOON + LIFETIME + MANY * SECOND

    await Housekeeping(store, SubscriptionHealth(store, clock), clock).tidy()
    assert await pending(store) == [young]


def test_the_more_subscriptions_there_are_the_less_often_they_are_counted() -> None:
    assert counts_fresh({}) == counts_fresh({"coupons": 1900}) == GOOD_FOR
    assert counts_fresh({"coupons": 50_000, "beans": 50_000}) == 100


async def test_subscriber_counts_are_shared_by_concurrent_callers_and_counted_once_in_a_while(
    store: SqliteNotifierStore,
) -> None:
    now = 1000.0
    counts = TtlCache(store.count_active, GOOD_FOR, lambda: now)
    await store.add_subscription(new_subscription(state=ACTIVE))
    assert await counts.get() == {"coupons": 1}
    await store.add_subscription(new_subscription(state=ACTIVE))
    assert await asyncio.gather(*(counts.get() for _ in range(3))) == [{"coupons": 1}] * 3
    now += GOOD_FOR
    assert await asyncio.gather(*(counts.get() for _ in range(3))) == [{"coupons": 2}] * 3
