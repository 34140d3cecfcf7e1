"""The due limit: a subscription with too many due deliveries is paused, to protect the others.

Every due delivery waits on the queue that all subscriptions share. SQS has room for about 120,000
messages in flight; beyond that it hands out none, to any subscriber.
"""

from __future__ import annotations

from dataclasses import dataclass

from notifier.deliveries.health import SubscriptionHealth
from notifier.store.contract import NotifierStore
from shared.domain.subscription import SubscriptionState

MOST_DUE = 20_000
"""Deliveries. Five subscriptions may have so many due at once."""


@dataclass(frozen=True, slots=True)
class DueLimit:
    """Pauses subscriptions whose deliveries pile up because they are too slow."""

    store: NotifierStore
    health: SubscriptionHealth
    most: int = MOST_DUE

    async def enforce(self) -> None:
        """Pause every active subscription above the limit; its due deliveries are then given up."""
        for subscription_id, due in (await self.store.count_due(self.most)).items():
            subscription = await self.store.subscription(subscription_id)
            if subscription and subscription.state is SubscriptionState.ACTIVE:
                await self.health.pause(subscription, f"{due} deliveries were due at once")
