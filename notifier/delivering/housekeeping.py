"""Housekeeping: what was never confirmed ends, and what is long over is forgotten."""

from __future__ import annotations

import datetime as dt
from typing import Protocol

import structlog

from notifier.delivering.consent import LIFETIME
from shared.domain.subscription import Subscription, SubscriptionState, advance
from shared.runtime.clock import Clock
from shared.store.subscription_contract import SubscriptionChangedError, SubscriptionStore

log = structlog.stdlib.get_logger(__name__)

KEPT = dt.timedelta(days=7)
"""For how long the log tells of deliveries, and an id of a subscription that has ended."""

_MOST_AT_ONCE = 500


class _Store(SubscriptionStore, Protocol):
    async def forget(self, before: dt.datetime) -> None:
        """Drop what is over since before then."""


class Housekeeping:
    """Tidies up, a little at a time."""

    def __init__(self, store: _Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def tidy(self) -> None:
        """Go round once."""
        now = self._clock()
        for subscription in await self._store.in_state(SubscriptionState.PENDING, _MOST_AT_ONCE):
            if now - subscription.created_at >= LIFETIME:
                await self._end(subscription, now)
        await self._store.forget(now - KEPT)

    async def _end(self, subscription: Subscription, now: dt.datetime) -> None:
        ended = advance(subscription, SubscriptionState.ENDED, now, "it was never confirmed")
        try:
            await self._store.replace_subscription(subscription, ended)
        except SubscriptionChangedError:
            log.info("subscription.not_ended", subscription=subscription.id)
        else:
            log.info("subscription.never_confirmed", subscription=subscription.id)
