"""The health of subscriptions: paused when nobody is reached, ended when they are over."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import structlog

from notifier.store.contract import DeliveryLog
from shared.clock import Clock
from shared.domain.delivery import Delivery, DeliveryState
from shared.domain.subscription import Subscription, SubscriptionState, advance
from shared.messages.announcement import CLOSING_TYPES
from shared.store.subscription_contract import SubscriptionChangedError, SubscriptionStore

log = structlog.stdlib.get_logger(__name__)

_LOOKED_AT = 50
"""So many of a subscriber's last deliveries tell whether it is there at all.

An order has a few changes: these are all of them.
"""


class _Store(SubscriptionStore, DeliveryLog, Protocol):
    """What is read and written here."""


class SubscriptionHealth:
    """Moves subscriptions on for reasons of ours, unless somebody has changed them meanwhile."""

    def __init__(self, store: _Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def after_failure(self, subscription: Subscription, failed: Delivery, error: str) -> None:
        """Pause the subscription of a delivery that failed for good, unless others get through."""
        last = await self._store.last_deliveries(subscription.id, _LOOKED_AT)
        if not any(_got_through_since(failed, delivery) for delivery in last):
            await self.pause(subscription, f"{failed.attempts} attempts failed, the last: {error}")

    async def after_delivery(self, subscription: Subscription) -> None:
        """End the subscription of an order of which nothing is left to tell."""
        if len(subscription.filter.order_ids) != 1:
            return
        if _all_told(await self._store.last_deliveries(subscription.id, _LOOKED_AT)):
            await self.end(subscription, "the order is closed")

    async def pause(self, subscription: Subscription, notice: str) -> None:
        """Pause an active subscription, with a notice for whoever manages it."""
        await self._move(subscription, SubscriptionState.PAUSED, notice)

    async def end(self, subscription: Subscription, notice: str) -> None:
        """End a subscription, with a notice for whoever manages it."""
        await self._move(subscription, SubscriptionState.ENDED, notice)

    async def _move(self, subscription: Subscription, to: SubscriptionState, notice: str) -> None:
        moved = advance(subscription, to, self._clock(), notice)
        try:
            await self._store.replace_subscription(subscription, moved)
        except SubscriptionChangedError:
            log.info("subscription.changed_meanwhile", subscription=subscription.id)
        else:
            log.info("subscription.moved", subscription=subscription.id, to=to, notice=notice)


def _all_told(deliveries: Sequence[Delivery]) -> bool:
    """Tell whether an order's end has been delivered, and so has all before it."""
    closed = any(delivery.event_type in CLOSING_TYPES for delivery in deliveries)
    return closed and all(delivery.state is DeliveryState.DELIVERED for delivery in deliveries)


def _got_through_since(failed: Delivery, other: Delivery) -> bool:
    return (
        other.state is DeliveryState.DELIVERED
        and other.tried_at is not None
        and other.tried_at > failed.at
    )
