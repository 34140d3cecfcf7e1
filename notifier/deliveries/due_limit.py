"""DueLimit: how much may be due to one subscription before it is paused, for the sake of others.

Whatever is due waits on the queue that all share, for its turn or its next attempt. SQS has room
for about 120,000 such messages in flight; beyond that it hands out none, whoever they are for.
"""

from __future__ import annotations

from typing import Protocol

from notifier.deliveries.health import SubscriptionHealth
from notifier.store.contract import DeliveryLog
from shared.domain.subscription import SubscriptionState
from shared.store.subscription_contract import SubscriptionStore

MOST_DUE = 20_000
"""Deliveries. Five subscriptions may have so many due at once."""


class _Store(SubscriptionStore, DeliveryLog, Protocol):
    """What is read here."""


class DueLimit:
    """Pauses subscriptions that take so much less than there is that it piles up."""

    def __init__(self, store: _Store, health: SubscriptionHealth, most: int = MOST_DUE) -> None:
        self._store = store
        self._health = health
        self._most = most

    async def bound(self) -> None:
        """Go round once; what is due to whoever is paused becomes dead letters in its time."""
        for subscription_id, due in (await self._store.count_due(self._most)).items():
            subscription = await self._store.subscription(subscription_id)
            if subscription and subscription.state is SubscriptionState.ACTIVE:
                await self._health.pause(subscription, f"{due} deliveries were due at once")
