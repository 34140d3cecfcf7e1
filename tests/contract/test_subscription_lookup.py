"""Looking subscriptions up: announcements that come together share a query, and get their own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Collection, Sequence

from notifier.deliveries.lookup import SubscriptionLookup
from notifier.store.contract import NotifierStore
from shared.domain.subscription import Subscription, order_routing_key
from shared.store.subscription_contract import SUBSCRIBED_PAGE
from tests.contract.subscribers import NewSubscription, in_isolation

TOPIC = "order-events"


class Asked:
    """Notes the routing keys of each query, and has the store answer it."""

    def __init__(self, store: NotifierStore) -> None:
        self._store = store
        self.queries: list[set[str]] = []

    def subscribed(
        self, routing_keys: Collection[str]
    ) -> AsyncGenerator[Sequence[Subscription], None]:
        self.queries.append(set(routing_keys))
        return self._store.subscribed(routing_keys)


async def ids(lookup: SubscriptionLookup, *routing_keys: str) -> set[str]:
    return {one.id async for page in lookup.pages(routing_keys) for one in page}


async def test_announcements_that_come_together_share_a_query_and_get_what_is_theirs(
    notifier: NotifierStore, new_subscription: NewSubscription
) -> None:
    of_all = await notifier.add_subscription(new_subscription(TOPIC))
    of_one = [
        await notifier.add_subscription(new_subscription(TOPIC, order_ids=[order]))
        for order in ("1", "2", "3")
    ]
    orders = [order_routing_key(TOPIC, order) for order in ("1", "2", "3", "4")]
    asked = Asked(notifier)
    lookup = SubscriptionLookup(asked.subscribed)

    found = await asyncio.gather(*(ids(lookup, TOPIC, order) for order in orders))

    assert found == [{of_all.id, one.id} for one in of_one] + [{of_all.id}]
    assert asked.queries == [{TOPIC, *orders}]


async def test_a_subscription_recorded_before_the_question_is_found(
    notifier: NotifierStore, second_notifier: NotifierStore, new_subscription: NewSubscription
) -> None:
    """It does not share a query that began before the subscription was recorded."""
    lookup = SubscriptionLookup(notifier.subscribed)
    before = asyncio.create_task(ids(lookup, TOPIC))
    await asyncio.sleep(0)
    new = await second_notifier.add_subscription(new_subscription(TOPIC))

    assert await ids(lookup, TOPIC) == {new.id}
    await before


@in_isolation
async def test_too_many_subscriptions_to_share_are_read_page_by_page(
    notifier: NotifierStore, new_subscription: NewSubscription
) -> None:
    many = [new_subscription(TOPIC) for _ in range(SUBSCRIBED_PAGE + 1)]
    for begin in range(0, len(many), 25):
        await asyncio.gather(*map(notifier.add_subscription, many[begin : begin + 25]))
    one = await notifier.add_subscription(new_subscription(TOPIC, order_ids=["1"]))
    of_order = order_routing_key(TOPIC, "1")
    lookup = SubscriptionLookup(notifier.subscribed)

    both, topic_only = await asyncio.gather(ids(lookup, TOPIC, of_order), ids(lookup, TOPIC))

    assert topic_only == {each.id for each in many}
    assert both == topic_only | {one.id}
    assert [len(page) async for page in notifier.subscribed([TOPIC])] == [SUBSCRIBED_PAGE, 1]


async def test_a_routing_key_that_no_store_takes_has_no_subscriptions(
    notifier: NotifierStore, new_subscription: NewSubscription
) -> None:
    """Whoever reaches SNS may announce any order: that must not fail those who ask with it."""
    of_all = await notifier.add_subscription(new_subscription(TOPIC))
    lookup = SubscriptionLookup(notifier.subscribed)
    strange = order_routing_key(TOPIC, "1" * 4000)

    found = await asyncio.gather(ids(lookup, TOPIC, strange), ids(lookup, TOPIC))

    assert list(found) == [{of_all.id}, {of_all.id}]
