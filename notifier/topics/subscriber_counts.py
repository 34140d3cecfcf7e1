"""The subscriber_counts of topics: how many subscriptions of each are active."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping

from shared.store.subscription_contract import SubscriptionStore

GOOD_FOR = 2.0
"""Seconds. Anybody may ask, and on DynamoDB whoever counts reads of all that are active."""


class SubscriberCounts:
    """Counts anew when the last count is too old; whoever asks meanwhile waits for the same."""

    def __init__(
        self, store: SubscriptionStore, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._store = store
        self._monotonic = monotonic
        self._counting = asyncio.Lock()
        self._counts: Mapping[str, int] = {}
        self._old_at = 0.0

    async def by_topic(self) -> Mapping[str, int]:
        """Give the counts of GOOD_FOR seconds ago at most; raises StoreUnavailableError."""
        async with self._counting:
            if self._monotonic() >= self._old_at:
                self._counts = await self._store.count_active()
                self._old_at = self._monotonic() + GOOD_FOR
            return self._counts
