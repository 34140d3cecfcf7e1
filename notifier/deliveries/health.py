"""The health of subscriptions: failures pause them, and the end of their order ends them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import structlog

from notifier.store.contract import NotifierStore
from shared.clock import Clock
from shared.domain.delivery import Delivery, DeliveryState
from shared.domain.subscription import Subscription, SubscriptionState, advance
from shared.messages.announcement import CLOSING_TYPES
from shared.store.subscription_contract import SubscriptionChangedError

log = structlog.stdlib.get_logger(__name__)

_LAST_DELIVERIES = 50
"""So many of a subscriber's last deliveries show whether it can be reached at all.

An order has a few changes: these are all of them.
"""


@dataclass(frozen=True, slots=True)
class SubscriptionHealth:
    """Pauses and ends subscriptions, unless they have changed meanwhile."""

    store: NotifierStore
    clock: Clock

    async def after_failure(self, subscription: Subscription, failed: Delivery, error: str) -> None:
        """Pause the subscription of a delivery that was given up, unless later ones succeeded."""
        last = await self.store.last_deliveries(subscription.id, _LAST_DELIVERIES)
        if not any(_succeeded_since(failed, delivery) for delivery in last):
            await self.pause(subscription, f"{failed.attempts} attempts failed, the last: {error}")

    async def after_delivery(self, subscription: Subscription) -> None:
        """End the active subscription of one order when all of its events are delivered."""
        if (
            subscription.state is not SubscriptionState.ACTIVE
            or len(subscription.filter.order_ids) != 1
        ):
            return
        if _is_complete(await self.store.last_deliveries(subscription.id, _LAST_DELIVERIES)):
            await self.end(subscription, "the order is closed")

    async def pause(self, subscription: Subscription, notice: str) -> None:
        """Pause an active subscription, with a notice for its manager."""
        await self._advance(subscription, SubscriptionState.PAUSED, notice)

    async def end(self, subscription: Subscription, notice: str) -> None:
        """End a subscription, with a notice for its manager."""
        await self._advance(subscription, SubscriptionState.ENDED, notice)

    async def _advance(
        self, subscription: Subscription, to: SubscriptionState, notice: str
    ) -> None:
        after = advance(subscription, to, self.clock(), notice)
        try:
            await self.store.replace_subscription(subscription, after)
        except SubscriptionChangedError:
            log.info("subscription.changed_meanwhile", subscription=subscription.id)
        else:
            log.info(
                "subscription.state_changed", subscription=subscription.id, to=to, notice=notice
            )


def _is_complete(deliveries: Sequence[Delivery]) -> bool:
    """Whether an order's last event has been delivered, and so have all before it."""
    closed = any(delivery.event_type in CLOSING_TYPES for delivery in deliveries)
    return closed and all(delivery.state is DeliveryState.DELIVERED for delivery in deliveries)


def _succeeded_since(failed: Delivery, other: Delivery) -> bool:
    return (
        other.state is DeliveryState.DELIVERED
        and other.tried_at is not None
        and other.tried_at > failed.at
    )
