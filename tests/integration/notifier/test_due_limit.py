"""A subscription may have so many due deliveries: they take up room on the shared queue."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from notifier.deliveries.health import SubscriptionHealth
from notifier.deliveries.housekeeping import DueLimit
from notifier.deliveries.redrive import Redriver
from notifier.store.contract import NotifierStore
from notifier.store.sqlite.store import open_sqlite_notifier_store
from shared.clock import utc_now
from shared.domain.delivery import DeliveryState
from shared.domain.subscription import Subscription, SubscriptionState
from tests.contract.subscribers import due_to, subscriptions_of
from tests.support.one_delivery import Sent

MOST = 2
ACTIVE, PAUSED = SubscriptionState.ACTIVE, SubscriptionState.PAUSED

new_subscription = subscriptions_of("main")


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[NotifierStore]:
    async with open_sqlite_notifier_store(tmp_path / "shop.db", "main") as store:
        yield store


async def subscribed(
    store: NotifierStore, due: int, state: SubscriptionState = ACTIVE
) -> Subscription:
    subscription = await store.add_subscription(new_subscription(state=state))
    await store.log_due([due_to(subscription.id, f"issue-{number}") for number in range(due)])
    return subscription


async def test_a_subscription_with_too_many_due_deliveries_is_paused_with_a_notice(
    store: NotifierStore,
) -> None:
    behind, busy = await subscribed(store, MOST + 1), await subscribed(store, MOST)
    others = [await subscribed(store, MOST + 1, state) for state in set(SubscriptionState)]
    due_limit = DueLimit(store, SubscriptionHealth(store, utc_now), MOST)
    for _ in range(2):
        await due_limit.enforce()
    paused = await store.subscription(behind.id)
    assert paused is not None
    assert (paused.state, paused.notice) == (PAUSED, "3 deliveries were due at once")
    assert await store.subscription(busy.id) == busy
    for other in others:
        if other.state is not ACTIVE:
            assert await store.subscription(other.id) == other


async def test_no_more_is_redriven_at_a_time_than_may_be_due(store: NotifierStore) -> None:
    subscription, sent = await subscribed(store, 0), Sent()
    failed = [
        replace(due_to(subscription.id, f"issue-{number}"), state=DeliveryState.FAILED)
        for number in range(MOST + 1)
    ]
    for delivery in failed:
        await store.log_attempt(delivery)
    redriving = Redriver(store, sent, utc_now, MOST)
    assert [await redriving.redrive(subscription) for _ in range(3)] == [MOST, 1, 0]
    assert len(sent.bodies) == len(failed)
