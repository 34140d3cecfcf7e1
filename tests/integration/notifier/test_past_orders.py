"""Subscriptions of single orders end within days, whatever became of the orders."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator, Iterable
from dataclasses import replace
from pathlib import Path

import pytest

from notifier.deliveries.health import SubscriptionHealth
from notifier.deliveries.housekeeping import KEPT, Housekeeping
from notifier.store.sqlite.store import SqliteNotifierStore, open_sqlite_notifier_store
from shared.domain.subscription import Channel, Subscription, SubscriptionState
from tests.contract.orders import NOON
from tests.contract.subscribers import SECOND, subscriptions_of

PENDING, ACTIVE, PAUSED, ENDED = SubscriptionState
MANY = 600
"""More than a page."""

new_subscription = subscriptions_of("main")


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqliteNotifierStore]:
    async with open_sqlite_notifier_store(tmp_path / "shop.db", "main") as store:
        yield store


async def after_a_round(
    store: SqliteNotifierStore, subscription: Subscription, at: dt.datetime = NOON + KEPT
) -> Subscription:
    """Add a subscription, go round once at a time, and give what has become of it."""
    await store.add_subscription(subscription)
    await Housekeeping(store, SubscriptionHealth(store, lambda: at), lambda: at).end_past_orders()
    found = await store.subscription(subscription.id)
    assert found is not None
    return found


@pytest.mark.parametrize("order_ids", [["1"], ["1", "2"]])
@pytest.mark.parametrize("state", [ACTIVE, PAUSED])
async def test_subscriptions_of_single_orders_end_when_their_orders_can_change_no_more(
    store: SqliteNotifierStore, state: SubscriptionState, order_ids: Iterable[str]
) -> None:
    of_orders = new_subscription("order-events", order_ids=order_ids, state=state)
    ended = await after_a_round(store, of_orders)
    assert (ended.state, ended.notice) == (ENDED, "its orders were over long ago")


@pytest.mark.parametrize(
    "other",
    [
        new_subscription("order-events", order_ids=["1"], state=PENDING),
        new_subscription("order-events", state=ACTIVE),
        new_subscription("coupons", state=PAUSED),
        replace(
            new_subscription("order-events", order_ids=["1"], state=ACTIVE), channel=Channel.SQS
        ),
    ],
)
async def test_nothing_else_ends(store: SqliteNotifierStore, other: Subscription) -> None:
    assert await after_a_round(store, other) == other


async def test_younger_ones_go_on(store: SqliteNotifierStore) -> None:
    younger = new_subscription("order-events", order_ids=["1"], state=ACTIVE)
    assert await after_a_round(store, younger, NOON + KEPT - SECOND) == younger


async def test_subscriptions_to_end_are_found_among_many(store: SqliteNotifierStore) -> None:
    for age in range(MANY):
        at = NOON - age * SECOND
        await store.add_subscription(new_subscription(created_at=at, state=ACTIVE))
    newest = new_subscription("order-events", order_ids=["1"], state=ACTIVE)
    assert (await after_a_round(store, newest)).state is ENDED
