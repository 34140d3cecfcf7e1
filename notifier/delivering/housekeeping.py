"""Housekeeping: what was never confirmed ends, and what is long over is forgotten."""

from __future__ import annotations

import datetime as dt
from typing import Protocol

from notifier.delivering.consent import LIFETIME
from notifier.delivering.standing import Standing
from shared.domain.subscription import Channel, SubscriptionState
from shared.runtime.clock import Clock
from shared.store.subscription_contract import SubscriptionStore
from shared.store.subscription_pages import pages_in_state

KEPT = dt.timedelta(days=7)
"""For how long the log tells of deliveries, and an id of a subscription that has ended."""


class _Store(SubscriptionStore, Protocol):
    async def forget(self, before: dt.datetime) -> None:
        """Drop what is over since before then."""


class Housekeeping:
    """Tidies up."""

    def __init__(self, store: _Store, standing: Standing, clock: Clock) -> None:
        self._store = store
        self._standing = standing
        self._clock = clock

    async def tidy(self) -> None:
        """Go round once."""
        now = self._clock()
        await self._end_unconfirmed(now - LIFETIME)
        await self._store.forget(now - KEPT)

    async def _end_unconfirmed(self, before: dt.datetime) -> None:
        async for page in pages_in_state(self._store, SubscriptionState.PENDING):
            for subscription in page:
                if subscription.created_at > before:
                    return  # the oldest come first
                if subscription.channel is not Channel.SQS:  # that has one at SNS, which goes first
                    await self._standing.end(subscription, "it was never confirmed")
