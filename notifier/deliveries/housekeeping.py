"""Housekeeping: pause subscriptions above the due limit, end stale ones, delete old records.

All subscriptions share the queue of jobs, and one that was resumed has a job for each due delivery.
SQS has room for about 120,000 messages in flight; beyond that it hands out none, to any subscriber.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

from notifier.deliveries.confirmation import LIFETIME
from notifier.deliveries.health import SubscriptionHealth
from notifier.store.contract import NotifierStore, pages_in_state
from shared.clock import Clock
from shared.domain.issue import ISSUES_KEPT
from shared.domain.subscription import Channel, Subscription, SubscriptionState

KEPT = dt.timedelta(days=7)
"""How long the log keeps deliveries, and the id of a subscription that has ended.

An order lives for hours, and retries end within the day: a subscription of single orders that is so
old has nothing left to deliver, and nothing to be resumed for.
"""

MOST_DUE = 20_000
"""Deliveries. Five subscriptions may have so many due at once."""


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
        await self.store.delete_finished(now - KEPT, now - ISSUES_KEPT)

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


@dataclass(frozen=True, slots=True)
class DueLimit:
    """Pauses subscriptions whose deliveries pile up because they are too slow.

    `on_counted` is called with the number of all due deliveries.
    """

    store: NotifierStore
    health: SubscriptionHealth
    most: int = MOST_DUE
    on_counted: Callable[[int], object] = int

    async def enforce(self) -> None:
        """Pause every active subscription above the limit; its due deliveries are then given up."""
        counts = await self.store.count_due(above=0)
        self.on_counted(sum(counts.values()))
        for subscription_id, due in counts.items():
            if due <= self.most:
                continue
            subscription = await self.store.subscription(subscription_id)
            if subscription and subscription.state is SubscriptionState.ACTIVE:
                await self.health.pause(subscription, f"{due} deliveries were due at once")
