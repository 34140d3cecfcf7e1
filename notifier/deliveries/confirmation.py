"""Confirmation: the subscriber is asked whether a subscription is wanted, by challenge or mail."""

from __future__ import annotations

import contextlib
import datetime as dt
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Protocol

import structlog

from notifier.channels.channel import (
    Accepted,
    Attempt,
    Confirmed,
    LocalFailure,
    PermanentFailure,
    RateLimited,
    Sender,
    TransientFailure,
)
from notifier.deliveries.health import SubscriptionHealth
from notifier.deliveries.limits import Lanes
from notifier.deliveries.retry_policy import Schedule, wait_by_age
from notifier.store.contract import DeliveryLog
from shared.clock import Clock
from shared.consuming.outcome import Done, Outcome, Retry
from shared.domain.delivery import DeliveryState
from shared.domain.subscription import Channel, Subscription, SubscriptionState, advance
from shared.messages.delivery_job import Confirm, Deliver, JobQueue
from shared.store.subscription_contract import SubscriptionChangedError, SubscriptionStore

log = structlog.stdlib.get_logger(__name__)

LIFETIME = dt.timedelta(days=3)
"""For how long a subscription may wait to be confirmed."""

_MOST_WAITING = 100
"""An order has a few changes; so many of its deliveries may wait for confirmation."""


class _Store(SubscriptionStore, DeliveryLog, Protocol):
    """What is read and written here."""


@dataclass(frozen=True, slots=True)
class Confirmation:
    """Asks, and makes active what was agreed to. `token_for` gives what confirms a subscription."""

    store: _Store
    senders: Mapping[Channel, Sender]
    jobs: JobQueue
    lanes: Lanes
    health: SubscriptionHealth
    schedule: Schedule
    token_for: Callable[[str], str]
    clock: Clock
    rnd: Callable[[], float] = random.random

    async def ask(self, job: Confirm) -> Outcome:
        """Ask whether a subscription is wanted; who never answers has not agreed."""
        subscription = await self.store.subscription(job.subscription_id)
        if subscription is None or subscription.state is not SubscriptionState.PENDING:
            return Done()
        if subscription.asked_at is not None:
            return Done()  # the link in the mail is good for as long as it is pending
        with self.lanes.question(subscription) as wait:
            if wait:
                return Retry(wait, "not its turn yet")
            sender = self.senders[subscription.channel]
            answer = await sender.request_confirmation(
                subscription, self.token_for(subscription.id)
            )
        return await self._settle(subscription, answer)

    async def _settle(
        self, subscription: Subscription, answer: Attempt | Confirmed | RateLimited
    ) -> Outcome:
        match answer:
            case Confirmed():
                await self.confirm(subscription)
            case Accepted():
                await self._asked(subscription)
            case RateLimited():
                # In the end whoever wished is told no more than of a question that nobody answers:
                # it may be somebody else's address.
                if (pause := self._pause(subscription)) is not None:
                    return Retry(pause, "its subscriber has enough to answer")
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
        """Say how long to wait before it is asked again; none when that was done often enough."""
        age = self._age(subscription)
        if age >= LIFETIME:
            return None
        return self.schedule.pause_at(age.total_seconds(), asked, self.rnd)

    async def _give_up(self, subscription: Subscription, error: str) -> None:
        await self.health.end(subscription, f"it was never confirmed: {error}")

    async def _asked(self, subscription: Subscription) -> None:
        # The version stays as it is: whoever confirms at this moment goes before.
        with contextlib.suppress(SubscriptionChangedError):
            asked = replace(subscription, asked_at=self.clock())
            await self.store.replace_subscription(subscription, asked)
        log.info("subscription.asked", subscription=subscription.id)

    async def confirm(self, subscription: Subscription) -> Subscription:
        """Make a pending subscription active, and have delivered what has waited for that.

        Raises SubscriptionRefusedError when it is over, SubscriptionChangedError when somebody
        else was quicker.
        """
        active = advance(subscription, SubscriptionState.ACTIVE, self.clock())
        await self.senders[subscription.channel].confirmed(subscription)
        await self.store.replace_subscription(subscription, active)
        log.info("subscription.active", subscription=active.id, channel=active.channel)
        if active.is_of_orders:
            await self._deliver_what_waited(active)
        return active

    async def _deliver_what_waited(self, active: Subscription) -> None:
        for delivery in await self.store.last_deliveries(active.id, _MOST_WAITING):
            if delivery.state is DeliveryState.DUE:
                job = Deliver(subscription_id=active.id, delivery_id=delivery.id)
                await self.jobs.send(job.model_dump_json())
