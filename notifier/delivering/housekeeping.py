"""Housekeeping: what was never confirmed ends, and what is long over is forgotten."""

from __future__ import annotations

import datetime as dt
from typing import Protocol

from notifier.delivering.consent import LIFETIME
from notifier.delivering.standing import Standing
from shared.domain.subscription import SubscriptionState
from shared.runtime.clock import Clock
from shared.store.subscription_contract import SubscriptionStore

KEPT = dt.timedelta(days=7)
"""For how long the log tells of deliveries, and an id of a subscription that has ended."""

_MOST_AT_ONCE = 500


class _Store(SubscriptionStore, Protocol):
    async def forget(self, before: dt.datetime) -> None:
        """Drop what is over since before then."""


class Housekeeping:
    """Tidies up, a little at a time."""

    def __init__(self, store: _Store, standing: Standing, clock: Clock) -> None:
        self._store = store
        self._standing = standing
        self._clock = clock

    async def tidy(self) -> None:
        """Go round once."""
        now = self._clock()
        for subscription in await self._store.in_state(SubscriptionState.PENDING, _MOST_AT_ONCE):
            if now - subscription.created_at >= LIFETIME:
                await self._standing.end(subscription, "it was never confirmed")
        await self._store.forget(now - KEPT)
