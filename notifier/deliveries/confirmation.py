"""Confirmation: a challenge or a mail asks the subscriber whether a subscription is wanted."""

from __future__ import annotations

import contextlib
import datetime as dt
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import structlog

from notifier.channels.channel import (
    Accepted,
    AttemptResult,
    Confirmed,
    LocalFailure,
    PermanentFailure,
    RateLimited,
    Sender,
    TransientFailure,
)
from notifier.deliveries.health import SubscriptionHealth
from notifier.deliveries.limits import ConcurrencyLimits
from notifier.deliveries.retry_policy import RetryPolicy, wait_by_age
from notifier.store.contract import NotifierStore
from shared.clock import Clock
from shared.consuming.outcome import Done, Outcome, Retry
from shared.domain.delivery import DeliveryState
from shared.domain.subscription import Channel, Subscription, SubscriptionState, advance
from shared.messages.delivery_job import Confirm, Deliver, JobQueue
from shared.store.subscription_contract import SubscriptionChangedError

log = structlog.stdlib.get_logger(__name__)

LIFETIME = dt.timedelta(days=3)
"""How long a subscription may wait to be confirmed."""

_MOST_WAITING = 100
"""An order has a few changes; so many of its deliveries may wait for confirmation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmation:
    """Sends confirmation requests, and activates subscriptions that are confirmed.

    `token_for` gives the token that confirms a subscription.
    """

    store: NotifierStore
    senders: Mapping[Channel, Sender]
    jobs: JobQueue
    limits: ConcurrencyLimits
    health: SubscriptionHealth
    retry_policy: RetryPolicy
    token_for: Callable[[str], str]
    clock: Clock
    rnd: Callable[[], float] = random.random

    async def request(self, job: Confirm) -> Outcome:
        """Send the confirmation request of a pending subscription, unless it was sent before."""
        subscription = await self.store.subscription(job.subscription_id)
        if subscription is None or subscription.state is not SubscriptionState.PENDING:
            return Done()
        if subscription.asked_at is not None:
            return Done()  # the link in the mail is valid for as long as it is pending
        with self.limits.confirmation(subscription) as wait:
            if wait:
                return Retry(wait, "a concurrency limit is reached")
            sender = self.senders[subscription.channel]
            result = await sender.request_confirmation(
                subscription, self.token_for(subscription.id)
            )
        return await self._record_result(subscription, result)

    async def _record_result(
        self, subscription: Subscription, result: AttemptResult | Confirmed | RateLimited
    ) -> Outcome:
        match result:
            case Confirmed():
                await self.confirm(subscription)
            case Accepted():
                await self._requested(subscription)
            case RateLimited():
                # In the end the caller learns no more than of a request that nobody answers: the
                # address may be somebody else's.
                if (pause := self._pause(subscription)) is not None:
                    return Retry(pause, "too many confirmations are pending for its address")
            case TransientFailure(error=error, retry_after=after):
                if (pause := self._pause(subscription, after)) is not None:
                    return Retry(pause, error)
                await self._give_up(subscription, error)
            case LocalFailure(error=error) if self._age(subscription) < LIFETIME:
                return Retry(wait_by_age(subscription.created_at, self.clock()), error)
            case LocalFailure(error=error) | PermanentFailure(error=error):
                await self._give_up(subscription, error)
        return Done()

    def _age(self, subscription: Subscription) -> dt.timedelta:
        return self.clock() - subscription.created_at

    def _pause(self, subscription: Subscription, asked: float | None = None) -> float | None:
        """Return how long to wait before the next request; None when there were enough."""
        age = self._age(subscription)
        if age >= LIFETIME:
            return None
        return self.retry_policy.pause_at(age.total_seconds(), asked, self.rnd)

    async def _give_up(self, subscription: Subscription, error: str) -> None:
        await self.health.end(subscription, f"it was never confirmed: {error}")

    async def _requested(self, subscription: Subscription) -> None:
        # The version stays as it is, so that a confirmation at this very moment wins.
        with contextlib.suppress(SubscriptionChangedError):
            asked = replace(subscription, asked_at=self.clock())
            await self.store.replace_subscription(subscription, asked)
        log.info("subscription.confirmation_requested", subscription=subscription.id)

    async def confirm(self, subscription: Subscription) -> Subscription:
        """Make a pending subscription active, and queue the deliveries that waited for it.

        Raises SubscriptionRefusedError when it has ended, SubscriptionChangedError when it was
        changed at the same time.
        """
        active = advance(subscription, SubscriptionState.ACTIVE, self.clock())
        await self.senders[subscription.channel].confirmed(subscription)
        await self.store.replace_subscription(subscription, active)
        log.info("subscription.active", subscription=active.id, channel=active.channel)
        if active.is_of_orders:
            await self._queue_waiting(active)
        return active

    async def _queue_waiting(self, active: Subscription) -> None:
        for delivery in await self.store.last_deliveries(active.id, _MOST_WAITING):
            if delivery.state is DeliveryState.DUE:
                job = Deliver(subscription_id=active.id, delivery_id=delivery.id)
                await self.jobs.send(job.model_dump_json())
