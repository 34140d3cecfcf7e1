"""Pausing: a subscriber that cannot be reached is left alone, and told why."""

from __future__ import annotations

from typing import Protocol

import structlog

from shared.domain.delivery_log import LoggedDelivery, LoggedState
from shared.domain.subscription import Subscription, SubscriptionState, advance
from shared.runtime.clock import Clock
from shared.store.subscription_contract import (
    DeliveryLog,
    SubscriptionChangedError,
    SubscriptionStore,
)

log = structlog.stdlib.get_logger(__name__)

_LOOKED_AT = 50
"""So many of a subscriber's last deliveries tell whether it is there at all."""


class _Store(SubscriptionStore, DeliveryLog, Protocol):
    """What is read and written here."""


class Pausing:
    """Pauses subscriptions, with a notice for whoever manages them."""

    def __init__(self, store: _Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def after_failure(
        self, subscription: Subscription, failed: LoggedDelivery, error: str
    ) -> None:
        """Pause the subscription of a delivery that failed for good, unless others get through."""
        last = await self._store.last_deliveries(subscription.id, _LOOKED_AT)
        if not any(_got_through_since(failed, delivery) for delivery in last):
            await self.pause(subscription, f"{failed.attempts} attempts failed, the last: {error}")

    async def pause(self, subscription: Subscription, notice: str) -> None:
        """Pause a subscription that is active, unless somebody has changed it meanwhile."""
        paused = advance(subscription, SubscriptionState.PAUSED, self._clock(), notice)
        try:
            await self._store.replace_subscription(subscription, paused)
        except SubscriptionChangedError:
            log.info("subscription.not_paused", subscription=subscription.id)
        else:
            log.warning("subscription.paused", subscription=subscription.id, notice=notice)


def _got_through_since(failed: LoggedDelivery, other: LoggedDelivery) -> bool:
    return (
        other.state is LoggedState.DELIVERED
        and other.tried_at is not None
        and other.tried_at > failed.at
    )
