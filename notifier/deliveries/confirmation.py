"""Confirmation: a challenge or a mail asks the subscriber whether a subscription is wanted."""

from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
import random
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

import structlog

from notifier.channels.channel import (
    Accepted,
    AttemptResult,
    Confirmed,
    LocalFailure,
    PermanentFailure,
    Sender,
    TransientFailure,
)
from notifier.channels.email.mailbox import is_to, mailbox
from notifier.deliveries.confirmation_limits import CHALLENGES_LAST, ConfirmationLimits
from notifier.deliveries.health import SubscriptionHealth
from notifier.deliveries.limits import ConcurrencyLimits
from notifier.deliveries.retry_policy import RetryPolicy, wait_by_age
from notifier.store.contract import NotifierStore
from shared.clock import Clock
from shared.consuming.outcome import Done, Outcome, Retry
from shared.domain.delivery import DeliveryState
from shared.domain.subscription import Channel, Subscription, SubscriptionState, advance
from shared.messages.delivery_job import Confirm, Deliver, JobQueue, send_job
from shared.store.subscription_contract import SubscriptionChangedError

log = structlog.stdlib.get_logger(__name__)

LIFETIME = dt.timedelta(days=3)
"""How long a subscription may wait to be confirmed."""

_MAILS_TRIED = dt.timedelta(days=1)
"""For how long a confirmation mail is tried again that the server did not accept."""

_MOST_WAITING = 100
"""An order has a few changes; so many of its deliveries may wait for confirmation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmation:
    """Sends confirmation requests, and activates subscriptions that are confirmed.

    `challenges` says when a webhook is challenged again. `token_for` gives the token that confirms
    a subscription.
    """

    store: NotifierStore
    senders: Mapping[Channel, Sender]
    jobs: JobQueue
    concurrency: ConcurrencyLimits
    limits: ConfirmationLimits
    health: SubscriptionHealth
    challenges: RetryPolicy
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
        if early := _seconds_until(subscription.next_challenge_at, self.clock()):
            return Retry(early, "its next challenge is not due yet")
        with self.concurrency.confirmation(subscription) as wait:
            if wait:
                return await self._retry(subscription, wait, "a concurrency limit is reached")
            if not await self.limits.reserve(subscription):
                pause = wait_by_age(subscription.created_at, self.clock())
                return await self._retry(subscription, pause, "a limit is reached")
            sender = self.senders[subscription.channel]
            result = await sender.request_confirmation(
                subscription, self.token_for(subscription.id)
            )
        return await self._record_result(subscription, result)

    async def _record_result(
        self, subscription: Subscription, result: AttemptResult | Confirmed
    ) -> Outcome:
        match result:
            case Confirmed():
                await self.confirm(subscription)
                return Done()
            case Accepted():
                await self._requested(subscription)
                return Done()
            case _ if subscription.channel is Channel.EMAIL:
                return await self._mail_refused(subscription, result)
            case _:
                return await self._challenge_failed(subscription, result)

    async def _mail_refused(
        self, subscription: Subscription, result: TransientFailure | LocalFailure | PermanentFailure
    ) -> Outcome:
        """Try again, or never, without a trace that its client can see.

        Else anyone could ask for subscriptions to learn which mailboxes exist.
        """
        await self.limits.not_sent(subscription)
        log.info("confirmation.mail_refused", subscription=subscription.id, error=result.error)
        if isinstance(result, PermanentFailure):
            return Done()
        pause = wait_by_age(subscription.created_at, self.clock())
        return await self._retry(subscription, pause, result.error)

    def _next_challenge(
        self, subscription: Subscription, result: TransientFailure | LocalFailure | PermanentFailure
    ) -> float | None:
        """Return how long to wait before the next challenge; None when there were enough."""
        match result:
            case LocalFailure():
                return wait_by_age(subscription.created_at, self.clock())
            case TransientFailure(retry_after=asked):
                return self.challenges.pause(subscription.challenges + 1, asked, self.rnd)
            case PermanentFailure():
                return None

    async def _challenge_failed(
        self, subscription: Subscription, result: TransientFailure | LocalFailure | PermanentFailure
    ) -> Outcome:
        """Note the failure, for its client to see, and try again after a pause, or end it."""
        pause, error = self._next_challenge(subscription, result), result.error
        log.warning(
            "challenge.failed", subscription=subscription.id, error=error, next_in_seconds=pause
        )
        if pause is None or self._age(subscription) + dt.timedelta(seconds=pause) > CHALLENGES_LAST:
            await self.limits.release(subscription)
            await self.health.end(subscription, f"it was never confirmed: {error}")
            return Done()
        await self._note(
            subscription,
            challenges=subscription.challenges + (not isinstance(result, LocalFailure)),
            challenge_error=error,
            next_challenge_at=self.clock() + dt.timedelta(seconds=pause),
        )
        return Retry(pause, error)

    async def _retry(self, subscription: Subscription, pause: float, reason: str) -> Outcome:
        """Wait, for as long as such a request may take; a mail then just remains unanswered."""
        if subscription.channel is Channel.EMAIL:
            return Retry(pause, reason) if self._age(subscription) < _MAILS_TRIED else Done()
        if self._age(subscription) < CHALLENGES_LAST:
            return Retry(pause, reason)
        await self.health.end(subscription, f"it was never confirmed: {reason}")
        return Done()

    def _age(self, subscription: Subscription) -> dt.timedelta:
        return self.clock() - subscription.created_at

    async def _requested(self, subscription: Subscription) -> None:
        await self._note(subscription, asked_at=self.clock())
        log.info("subscription.confirmation_requested", subscription=subscription.id)

    async def _note(self, subscription: Subscription, **changes: Any) -> None:
        # The version stays as it is, so that a confirmation at this very moment wins.
        with contextlib.suppress(SubscriptionChangedError):
            await self.store.replace_subscription(subscription, replace(subscription, **changes))

    async def confirm(self, subscription: Subscription) -> Subscription:
        """Make a pending subscription active, and queue the deliveries that waited for it.

        Raises SubscriptionRefusedError when it has ended, SubscriptionChangedError when it was
        changed at the same time.
        """
        active = advance(subscription, SubscriptionState.ACTIVE, self.clock())
        for topic in await self._lacking(active):  # before it: one that was cut off is repeated
            await self.store.add_subscription(along_with(active, topic, subscription.id))
        await self.limits.release(subscription)
        await self.store.replace_subscription(subscription, active)
        log.info("subscription.active", subscription=active.id, channel=active.channel)
        if active.is_of_orders:
            await self._queue_waiting(active)
        return active

    async def _lacking(self, active: Subscription) -> Collection[str]:
        """Name the topics of `also` that its mailbox does not get: of two, each issue comes twice.

        It reads the subscriptions to these topics, as each of their issues does.
        """
        if not active.also:
            return ()
        lacking, box = dict.fromkeys(active.also), mailbox(active.target)
        async for page in self.store.subscribed(active.also):
            for other in page:
                if other.state is SubscriptionState.ACTIVE and is_to(other, box):
                    lacking.pop(other.topic, None)
        return lacking

    async def _queue_waiting(self, active: Subscription) -> None:
        for delivery in await self.store.last_deliveries(active.id, _MOST_WAITING):
            if delivery.state is DeliveryState.DUE:
                job = Deliver(subscription_id=active.id, delivery_id=delivery.id)
                await send_job(self.jobs, job)


def along_with(active: Subscription, topic: str, occasion: str) -> Subscription:
    """Make an active subscription of the same mailbox to another topic; of an occasion, one."""
    digest = hashlib.sha256(f"{occasion}/{topic}".encode()).hexdigest()
    return replace(active, id=digest[:32], topic=topic, version=1, also=(), asked_at=None)


def _seconds_until(at: dt.datetime | None, now: dt.datetime) -> float:
    """Return the seconds until then; 0 if it is over, or so far that a clock was set back."""
    seconds = (at - now).total_seconds() if at else 0.0
    return seconds if 0 < seconds <= CHALLENGES_LAST.total_seconds() else 0.0
