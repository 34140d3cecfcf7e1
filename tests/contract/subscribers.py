"""Subscriptions and deliveries to put into a store."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from typing import TypeAlias

import pytest

from shared.domain.delivery import Delivery, delivery_id
from shared.domain.issue import Issue
from shared.domain.subscription import (
    Channel,
    Filter,
    SigningSecret,
    Subscription,
    SubscriptionState,
)
from tests.contract.orders import NOON

SECOND = dt.timedelta(seconds=1)

in_isolation = pytest.mark.parametrize("open_notifier", ["sqlite", "ministack"], indirect=True)
"""Leaves moto out, which lets other requests come between a condition and its write."""


async def all_of(pages: AsyncIterator[Sequence[Subscription]]) -> list[Subscription]:
    return [subscription async for page in pages for subscription in page]


NewSubscription: TypeAlias = Callable[..., Subscription]
"""Makes a pending subscription with an id of its own."""


def subscriptions_of(store_id: str) -> NewSubscription:
    counts = itertools.count(1)

    def new_subscription(
        topic: str = "coupons",
        *,
        order_ids: Iterable[str] = (),
        created_at: dt.datetime = NOON,
        state: SubscriptionState = SubscriptionState.PENDING,
    ) -> Subscription:
        return Subscription(
            id=f"{store_id}-subscription-{next(counts)}",
            store_id=store_id,
            topic=topic,
            channel=Channel.WEBHOOK,
            target="https://ada.example/hook",
            filter=Filter(frozenset({"coffeeshop.order.ready.v1"}), frozenset(order_ids)),
            state=state,
            created_at=created_at,
            since=created_at,
            manage_digest="digest",
            secrets=(SigningSecret("new"), SigningSecret("old", created_at + SECOND)),
        )

    return new_subscription


def due_to(subscription_id: str, event_id: str = "issue-1", at: dt.datetime = NOON) -> Delivery:
    return Delivery(
        subscription_id=subscription_id,
        id=delivery_id(at, event_id),
        topic="coupons",
        event_id=event_id,
        event_type="coffeeshop.newsletter.published.v1",
        event='{"id": "…"}',
        at=at,
    )


def issue(issue_id: str, at: dt.datetime = NOON) -> Issue:
    return Issue(id=issue_id, topic="coupons", event='{"id": "…"}', at=at)
