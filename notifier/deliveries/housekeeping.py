"""Housekeeping: what nobody confirms, or waits for any more, ends; what is over is forgotten."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator
from typing import Protocol

from notifier.deliveries.confirmation import LIFETIME
from notifier.deliveries.health import SubscriptionHealth
from notifier.store.contract import pages_in_state
from shared.clock import Clock
from shared.domain.subscription import Channel, Subscription, SubscriptionState
from shared.store.subscription_contract import SubscriptionStore

KEPT = dt.timedelta(days=7)
"""For how long the log tells of deliveries, and an id of a subscription that has ended.

An order lives for hours, and retries end within the day: so long after a subscription of single
orders was made, there is nothing left that it could be told, or resumed for.
"""


class _Store(SubscriptionStore, Protocol):
    async def delete_finished(self, before: dt.datetime) -> None:
        """Delete what was finished before then."""


class Housekeeping:
    """Tidies up."""

    def __init__(self, store: _Store, health: SubscriptionHealth, clock: Clock) -> None:
        self._store = store
        self._health = health
        self._clock = clock

    async def tidy(self) -> None:
        """Go round once, through what is pending."""
        now = self._clock()
        async for subscription in self._made_before(now - LIFETIME, SubscriptionState.PENDING):
            await self._health.end(subscription, "it was never confirmed")
        await self._store.delete_finished(now - KEPT)

    async def end_past_orders(self) -> None:
        """Go round once, through all that is active or paused, which may be much.

        Most subscriptions of single orders end by themselves. Those of several, of some of an
        order's changes, or of an order that is closed or never was, are not told the end.
        """
        for state in (SubscriptionState.ACTIVE, SubscriptionState.PAUSED):
            async for subscription in self._made_before(self._clock() - KEPT, state):
                if subscription.is_of_orders:
                    await self._health.end(subscription, "its orders were over long ago")

    async def _made_before(
        self, before: dt.datetime, state: SubscriptionState
    ) -> AsyncIterator[Subscription]:
        """List those that are no queue's: a queue has one at SNS, which has to go first."""
        async for page in pages_in_state(self._store, state):
            for subscription in page:
                if subscription.created_at > before:
                    return  # the oldest come first
                if subscription.channel is not Channel.SQS:
                    yield subscription
