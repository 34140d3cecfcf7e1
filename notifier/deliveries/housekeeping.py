"""Housekeeping: end stale subscriptions, and delete old records."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator
from dataclasses import dataclass

from notifier.deliveries.confirmation import LIFETIME
from notifier.deliveries.health import SubscriptionHealth
from notifier.store.contract import NotifierStore, pages_in_state
from shared.clock import Clock
from shared.domain.subscription import Channel, Subscription, SubscriptionState

KEPT = dt.timedelta(days=7)
"""How long the log keeps deliveries, and the id of a subscription that has ended.

An order lives for hours, and retries end within the day: a subscription of single orders that is so
old has nothing left to deliver, and nothing to be resumed for.
"""


@dataclass(frozen=True, slots=True)
class Housekeeping:
    """Ends what nobody confirms or waits for any more."""

    store: NotifierStore
    health: SubscriptionHealth
    clock: Clock

    async def tidy(self) -> None:
        """End the pending subscriptions that were never confirmed, and delete old records."""
        now = self.clock()
        async for subscription in self._created_before(now - LIFETIME, SubscriptionState.PENDING):
            await self.health.end(subscription, "it was never confirmed")
        await self.store.delete_finished(now - KEPT)

    async def end_past_orders(self) -> None:
        """End old subscriptions of orders; it reads all active and paused ones, which may be many.

        Most subscriptions of one order end with it. Those of several orders, of some of an order's
        changes, or of an order that is closed or never existed, do not get the event of its end.
        """
        for state in (SubscriptionState.ACTIVE, SubscriptionState.PAUSED):
            async for subscription in self._created_before(self.clock() - KEPT, state):
                if subscription.is_of_orders:
                    await self.health.end(subscription, "its orders were over long ago")

    async def _created_before(
        self, before: dt.datetime, state: SubscriptionState
    ) -> AsyncIterator[Subscription]:
        """List all but queues' subscriptions: those have one at SNS, which has to end first."""
        async for page in pages_in_state(self.store, state):
            for subscription in page:
                if subscription.created_at > before:
                    return  # the oldest come first
                if subscription.channel is not Channel.SQS:
                    yield subscription
