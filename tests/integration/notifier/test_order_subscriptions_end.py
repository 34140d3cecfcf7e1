"""A subscription of one order ends when all of its events are delivered, and not before."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from notifier.deliveries.deliverer import Deliverer
from notifier.deliveries.health import SubscriptionHealth
from notifier.deliveries.limits import ConcurrencyLimits, KeyedLimit
from notifier.deliveries.retry_policy import RetryPolicy
from notifier.store.sqlite.store import open_sqlite_notifier_store
from shared.clock import utc_now
from shared.consuming.outcome import Done
from shared.domain.delivery import DeliveryState
from shared.domain.order import OrderState
from shared.domain.subscription import SubscriptionState
from shared.messages.delivery_job import Deliver
from tests.contract.subscribers import due_to, subscriptions_of
from tests.support.notifier import announcing, placed, serving, settings_for, then
from tests.support.subscribers import endpoint, in_turn, webhook
from tests.support.webhooks import answers

CANCELED = "coffeeshop.order.canceled.v1"


async def test_a_delivery_that_waits_for_a_retry_is_made_after_the_orders_end(
    ministack: str,
) -> None:
    settings = settings_for(ministack, allow_loopback_webhooks=True, retry_seconds=(2, 2))
    order = placed()
    async with (
        endpoint(in_turn(503, 204)) as subscriber,
        serving(settings) as notifier,
        announcing(settings) as announcer,
    ):
        held = await webhook(notifier, subscriber, "order-events", filter={"order_id": [order.id]})
        await announcer.announce(order)
        await subscriber.receives(1)
        await announcer.announce(then(order, OrderState.CANCELED))
        await subscriber.receives(3)
        shown = await held.becomes("ended")
    assert shown["notice"] == "the order is closed"
    assert [one["state"] for one in shown["deliveries"]] == ["delivered", "delivered"]
    assert subscriber.ids == [f"{order.id}:1", f"{order.id}:2", f"{order.id}:1"]


async def test_the_events_of_an_order_that_a_subscriber_missed_arrive_when_it_is_back(
    ministack: str,
) -> None:
    settings = settings_for(ministack, allow_loopback_webhooks=True)
    order = placed()
    async with (
        endpoint(answers(410)) as subscriber,
        serving(settings) as notifier,
        announcing(settings) as announcer,
    ):
        held = await webhook(notifier, subscriber, "order-events", filter={"order_id": [order.id]})
        await announcer.announce(order, then(order, OrderState.CANCELED))
        await held.until(
            lambda shown: [one["state"] for one in shown["deliveries"]] == ["failed", "failed"]
        )
        subscriber.answering = answers(204)
        answer = await held.ask("POST", "/resume")
        assert answer.json() == {"redriven": 2}
        shown = await held.becomes("ended")
    assert [one["state"] for one in shown["deliveries"]] == ["delivered", "delivered"]


async def test_an_end_that_was_cut_off_follows_when_the_job_comes_again(tmp_path: Path) -> None:
    subscription = subscriptions_of("main")(
        "order-events", order_ids=["42"], state=SubscriptionState.ACTIVE
    )
    delivered = replace(
        due_to(subscription.id, "42:2"), event_type=CANCELED, state=DeliveryState.DELIVERED
    )
    async with open_sqlite_notifier_store(tmp_path / "shop.db", "main") as store:
        await store.add_subscription(subscription)
        await store.log_attempt(delivered)
        deliverer = Deliverer(
            store=store,
            senders={},
            limits=ConcurrencyLimits(subscribers=KeyedLimit(1)),
            retry_policy=RetryPolicy([]),
            health=SubscriptionHealth(store, utc_now),
            clock=utc_now,
        )
        job = Deliver(subscription_id=subscription.id, delivery_id=delivered.id)
        assert await deliverer.deliver(job) == Done()
        ended = await store.subscription(subscription.id)
    assert ended is not None
    assert ended.state is SubscriptionState.ENDED
