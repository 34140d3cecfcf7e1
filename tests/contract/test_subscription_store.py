"""Subscriptions: recorded once, changed from their last version only, found by routing key."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace

import pytest

from notifier.store.contract import NotifierStore
from shared.domain.subscription import (
    Subscription,
    SubscriptionState,
    advance,
    order_routing_key,
    rotate,
)
from shared.store.subscription_contract import SubscriptionChangedError
from tests.contract.conftest import OpenNotifierStore
from tests.contract.orders import NOON
from tests.contract.subscribers import SECOND, NewSubscription, all_of, in_isolation

PENDING, ACTIVE = SubscriptionState.PENDING, SubscriptionState.ACTIVE
PAUSED, ENDED = SubscriptionState.PAUSED, SubscriptionState.ENDED


async def move(
    store: NotifierStore, subscription: Subscription, *states: SubscriptionState
) -> Subscription:
    for state in states:
        before, subscription = subscription, advance(subscription, state, NOON + SECOND, "why")
        await store.replace_subscription(before, subscription)
    return subscription


def ids(subscriptions: Sequence[Subscription]) -> list[str]:
    return sorted(subscription.id for subscription in subscriptions)


async def test_a_subscription_is_seen_by_every_process_as_it_was_recorded(
    notifier: NotifierStore, second_notifier: NotifierStore, new_subscription: NewSubscription
) -> None:
    subscription = new_subscription("order-events", order_ids=["1", "2"])

    assert await notifier.add_subscription(subscription) == subscription
    assert await second_notifier.subscription(subscription.id) == subscription
    assert await second_notifier.subscription("unknown") is None


async def test_a_taken_id_gives_the_subscription_that_was_recorded_first(
    notifier: NotifierStore, second_notifier: NotifierStore, new_subscription: NewSubscription
) -> None:
    first = await notifier.add_subscription(new_subscription())
    rival = replace(first, topic="new-products", manage_digest="another")

    assert await second_notifier.add_subscription(rival) == first
    assert await all_of(second_notifier.subscribed(["new-products"])) == []


@in_isolation
async def test_all_that_record_the_same_id_at_once_get_the_same_subscription(
    notifier: NotifierStore, second_notifier: NotifierStore, new_subscription: NewSubscription
) -> None:
    first = new_subscription()
    rivals = [replace(first, manage_digest=f"digest {count}") for count in range(6)]
    stores = [notifier, second_notifier] * 3

    recorded = await asyncio.gather(
        *(store.add_subscription(rival) for store, rival in zip(stores, rivals, strict=True))
    )

    assert len(set(recorded)) == 1
    assert await notifier.subscription(first.id) == recorded[0]


async def test_a_change_replaces_the_version_that_it_was_made_from(
    notifier: NotifierStore, second_notifier: NotifierStore, new_subscription: NewSubscription
) -> None:
    subscription = await notifier.add_subscription(new_subscription())
    active = await move(notifier, subscription, ACTIVE)
    rotated = rotate(active, "fresh", NOON, SECOND)
    await second_notifier.replace_subscription(active, rotated)

    assert await notifier.subscription(subscription.id) == rotated


async def test_a_change_of_an_older_version_is_refused(
    notifier: NotifierStore, second_notifier: NotifierStore, new_subscription: NewSubscription
) -> None:
    pending = await notifier.add_subscription(new_subscription())
    active = await move(second_notifier, pending, ACTIVE)

    with pytest.raises(SubscriptionChangedError):
        await move(notifier, pending, ENDED)

    assert await notifier.subscription(pending.id) == active
    assert await all_of(notifier.subscribed(["coupons"])) == [active]


@in_isolation
async def test_of_many_changes_at_once_one_is_made(
    notifier: NotifierStore, second_notifier: NotifierStore, new_subscription: NewSubscription
) -> None:
    pending = await notifier.add_subscription(new_subscription())
    changes = [replace(pending, notice=f"change {count}", version=2) for count in range(8)]
    stores = [notifier, second_notifier] * 4

    results = await asyncio.gather(
        *(
            store.replace_subscription(pending, change)
            for store, change in zip(stores, changes, strict=True)
        ),
        return_exceptions=True,
    )

    (made,) = [change for change, result in zip(changes, results, strict=True) if result is None]
    assert await notifier.subscription(pending.id) == made


async def test_a_change_of_an_unrecorded_subscription_is_refused(
    notifier: NotifierStore, new_subscription: NewSubscription
) -> None:
    with pytest.raises(SubscriptionChangedError):
        await move(notifier, new_subscription(), ACTIVE)


@pytest.mark.parametrize("states", [[], [ACTIVE], [ACTIVE, PAUSED]])
async def test_a_subscription_is_found_by_each_of_its_routes_as_it_is_now(
    notifier: NotifierStore,
    second_notifier: NotifierStore,
    new_subscription: NewSubscription,
    states: Sequence[SubscriptionState],
) -> None:
    added = await notifier.add_subscription(new_subscription("order-events", order_ids="12"))
    now = await move(notifier, added, *states)
    first, second, third = (order_routing_key("order-events", order_id) for order_id in "123")

    assert await all_of(second_notifier.subscribed([first])) == [now]
    assert await all_of(second_notifier.subscribed([second, third])) == [now]
    assert await all_of(second_notifier.subscribed([first, second])) == [now]
    assert await all_of(second_notifier.subscribed(["order-events", third])) == []
    assert await all_of(second_notifier.subscribed([])) == []


async def test_all_that_have_one_of_the_routes_are_found(
    notifier: NotifierStore, new_subscription: NewSubscription
) -> None:
    added = [
        await notifier.add_subscription(new)
        for new in (
            new_subscription("order-events"),
            new_subscription("order-events"),
            new_subscription("order-events", order_ids=["1"]),
            new_subscription("coupons"),
        )
    ]

    routing_keys = ["order-events", order_routing_key("order-events", "1")]
    assert ids(await all_of(notifier.subscribed(routing_keys))) == ids(added[:3])


@pytest.mark.parametrize("states", [[ENDED], [ACTIVE, ENDED], [ACTIVE, PAUSED, ENDED]])
async def test_an_ended_subscription_is_found_by_its_id_alone(
    notifier: NotifierStore,
    second_notifier: NotifierStore,
    new_subscription: NewSubscription,
    states: Sequence[SubscriptionState],
) -> None:
    added = await notifier.add_subscription(new_subscription("order-events", order_ids="12"))
    other = await notifier.add_subscription(new_subscription("order-events", order_ids="1"))
    ended = await move(notifier, added, *states)
    routing_keys = [order_routing_key("order-events", order_id) for order_id in "12"]

    assert await all_of(second_notifier.subscribed(routing_keys)) == [other]
    assert await second_notifier.subscription(added.id) == ended
    for state in (PENDING, ACTIVE, PAUSED):
        assert ended.id not in ids(await second_notifier.in_state(state, 10))


async def test_subscriptions_in_a_state_are_listed_from_the_oldest_on(
    notifier: NotifierStore, new_subscription: NewSubscription
) -> None:
    newest, oldest, between, active, paused = [
        await notifier.add_subscription(new_subscription(created_at=NOON + age * SECOND))
        for age in (9, 1, 5, 3, 4)
    ]
    active = await move(notifier, active, ACTIVE)
    paused = await move(notifier, paused, ACTIVE, PAUSED)

    assert await notifier.in_state(PENDING, 10) == [oldest, between, newest]
    assert await notifier.in_state(PENDING, 2) == [oldest, between]
    assert await notifier.in_state(PENDING, 2, between) == [newest]
    assert await notifier.in_state(PENDING, 2, newest) == []
    assert await notifier.in_state(PENDING, 10, active) == [between, newest]
    assert await notifier.in_state(ACTIVE, 10) == [active]
    assert await notifier.in_state(PAUSED, 10) == [paused]


async def test_a_write_without_a_new_version_blocks_no_other_change(
    notifier: NotifierStore, second_notifier: NotifierStore, new_subscription: NewSubscription
) -> None:
    added = await notifier.add_subscription(new_subscription())
    asked = replace(added, asked_at=NOON)
    await notifier.replace_subscription(added, asked)
    assert await second_notifier.subscription(added.id) == asked

    active = await move(second_notifier, added, ACTIVE)
    with pytest.raises(SubscriptionChangedError):
        await notifier.replace_subscription(added, asked)
    assert await notifier.subscription(added.id) == active


async def test_only_active_subscriptions_are_counted_by_topic(
    notifier: NotifierStore, new_subscription: NewSubscription
) -> None:
    assert await notifier.count_active() == {}
    for topic, states in (
        ("coupons", [ACTIVE]),
        ("coupons", [ACTIVE, PAUSED, ACTIVE]),
        ("coupons", []),
        ("coffee-trivia", [ACTIVE, PAUSED]),
        ("order-events", [ACTIVE, ENDED]),
    ):
        await move(notifier, await notifier.add_subscription(new_subscription(topic)), *states)
    single = new_subscription("order-events", order_ids=["1"], state=ACTIVE)
    await notifier.add_subscription(single)

    assert await notifier.count_active() == {"coupons": 2, "order-events": 1}


async def test_one_shop_does_not_see_the_subscriptions_of_another(
    notifier: NotifierStore,
    open_notifier: OpenNotifierStore,
    shop_id: str,
    new_subscription: NewSubscription,
) -> None:
    added = await notifier.add_subscription(new_subscription())
    active = await move(notifier, added, ACTIVE)

    async with open_notifier(f"{shop_id}-elsewhere") as elsewhere:
        assert await elsewhere.subscription(added.id) is None
        assert await all_of(elsewhere.subscribed(["coupons"])) == []
        assert await elsewhere.in_state(ACTIVE, 10) == []
        assert await elsewhere.count_active() == {}
        with pytest.raises(SubscriptionChangedError):
            await move(elsewhere, active, ENDED)
