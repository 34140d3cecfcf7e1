"""The deliverer: it attempts one delivery to one subscriber, and logs what became of it."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import structlog
from pydantic import ValidationError

from notifier.channels.channel import (
    Accepted,
    AttemptResult,
    LocalFailure,
    PermanentFailure,
    Sender,
    TransientFailure,
)
from notifier.deliveries.confirmation import Confirmation
from notifier.deliveries.health import SubscriptionHealth
from notifier.deliveries.limits import ConcurrencyLimits
from notifier.deliveries.postponed_jobs import PostponedJobs
from notifier.deliveries.retry_policy import (
    SHORTEST_WAIT,
    RetryPolicy,
    seconds_until_due,
    wait_by_age,
)
from notifier.store.contract import NotifierStore
from shared.clock import Clock
from shared.consuming.message import Message
from shared.consuming.outcome import Done, Outcome, Reject, Retry
from shared.domain.delivery import Delivery, DeliveryState
from shared.domain.subscription import Channel, Subscription, SubscriptionState
from shared.messages.announcement import CloudEvent
from shared.messages.delivery_job import DELIVERY_JOB, Confirm, Deliver, Redeliver

log = structlog.stdlib.get_logger(__name__)

_NO_SLOT = "a concurrency limit is reached"
_PAUSED = "the subscription is paused"
_CHANGED = "another attempt is in progress, or the subscription has changed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Deliverer:
    """Delivers what is due. The log has the delivery; the job has only its ids."""

    store: NotifierStore
    senders: Mapping[Channel, Sender]
    limits: ConcurrencyLimits
    retry_policy: RetryPolicy
    health: SubscriptionHealth
    clock: Clock
    rnd: Callable[[], float] = random.random

    async def deliver(self, job: Deliver | Redeliver) -> Outcome:
        """Take the next step of a delivery: attempt it, postpone it, or give it up."""
        subscription = await self.store.subscription(job.subscription_id)
        delivery = await self.store.delivery(job.subscription_id, job.delivery_id)
        if subscription is None or delivery is None:
            return Done()
        if isinstance(job, Redeliver):
            return await self._redeliver(subscription, delivery)
        outcome: Outcome = Done()
        match delivery.state, subscription.state:
            case DeliveryState.DUE, SubscriptionState.ACTIVE:
                outcome = await self._attempt_due(subscription, delivery)
            case DeliveryState.DUE, SubscriptionState.PENDING:
                outcome = Retry(wait_by_age(delivery.at, self.clock()), "not confirmed yet")
            case DeliveryState.DUE, SubscriptionState.PAUSED:
                outcome = await self._give_up_while_paused(delivery)
            case DeliveryState.DUE, SubscriptionState.ENDED:
                await self.store.log_attempt(replace(delivery, state=DeliveryState.DROPPED))
            case DeliveryState.FAILED, _:
                # We were cut off between log and queue, or this is a second job.
                outcome = Reject(delivery.error or _PAUSED)
            case DeliveryState.DELIVERED, _:
                # We may have been cut off before the subscription was ended.
                await self.health.after_delivery(subscription)
            case _:
                pass  # dropped: the subscription has ended
        return outcome

    async def _redeliver(self, subscription: Subscription, delivery: Delivery) -> Outcome:
        """Make one attempt on request; its result is in the log, and there is no retry."""
        if subscription.state is not SubscriptionState.ACTIVE:
            return Done()
        with self.limits.delivery(subscription) as wait:
            if wait:
                return Retry(wait, _NO_SLOT)
            made = await self._attempt(subscription, delivery)
        if made is None:
            return Done()  # another attempt is in progress, or there must not be one any more
        claimed, attempt = made
        match attempt:
            case Accepted():
                await self.store.log_attempt(replace(claimed, state=DeliveryState.DELIVERED))
                await self.health.after_delivery(subscription)
            case LocalFailure(error=error):
                await self.store.log_attempt(replace(_uncounted(claimed), error=error))
            case _:
                await self.store.log_attempt(replace(claimed, error=attempt.error))
        return Done()

    async def _attempt_due(self, subscription: Subscription, delivery: Delivery) -> Outcome:
        if early := seconds_until_due(delivery, self.clock()):
            return Retry(early, "its next attempt is not due yet")
        with self.limits.delivery(subscription) as wait:
            if wait:
                return Retry(wait, _NO_SLOT)
            made = await self._attempt(subscription, delivery)
        if made is None:
            return Retry(SHORTEST_WAIT, _CHANGED)
        return await self._record_result(subscription, *made)

    async def _attempt(
        self, subscription: Subscription, delivery: Delivery
    ) -> tuple[Delivery, AttemptResult] | None:
        """Claim an attempt, then make it; None when another process claimed first.

        A claim takes time, and an unsubscribed caller was promised that nothing more comes: so the
        subscription is read after it.
        """
        event = CloudEvent.model_validate_json(delivery.event)
        begins = self.clock()
        held = dt.timedelta(seconds=self.retry_policy.claim_seconds(delivery.attempts + 1))
        claimed = await self.store.claim_attempt(delivery, begins, begins + held)
        if claimed is None:
            return None
        now = await self.store.subscription(subscription.id)
        if now is None or now.state is not SubscriptionState.ACTIVE:
            await self.store.log_attempt(delivery)
            return None
        return claimed, await self.senders[now.channel].deliver(now, event)

    async def _record_result(
        self, subscription: Subscription, tried: Delivery, attempt: AttemptResult
    ) -> Outcome:
        match attempt:
            case Accepted():
                await self.store.log_attempt(replace(tried, state=DeliveryState.DELIVERED))
                await self.health.after_delivery(subscription)
                return Done()
            case TransientFailure(error=error, retry_after=after, of_subscriber=of_subscriber):
                pause = self.retry_policy.pause(tried.attempts, after, self.rnd)
                if pause is None:
                    if of_subscriber:
                        await self.health.after_failure(subscription, tried, error)
                    return await self._give_up(tried, error)
                return await self._postpone(tried, pause, error)
            case LocalFailure(error=error):
                wait = wait_by_age(tried.at, self.clock())
                return await self._postpone(_uncounted(tried), wait, error)
            case PermanentFailure(error=error):
                await self.health.pause(subscription, error)
                return await self._give_up(tried, error)

    async def _postpone(self, delivery: Delivery, pause: float, error: str) -> Outcome:
        until = self.clock() + dt.timedelta(seconds=pause)
        await self.store.log_attempt(replace(delivery, error=error, not_before=until))
        return Retry(pause, error)

    async def _give_up_while_paused(self, delivery: Delivery) -> Outcome:
        """Give up a due delivery, unless its subscription is resumed meanwhile.

        Resuming writes the subscription, then reads the failed deliveries; this writes the
        delivery, then reads the subscription. So one of the two always sees the other.
        """
        given_up = await self._give_up(delivery, _PAUSED)
        now = await self.store.subscription(delivery.subscription_id)
        if now is None or now.state is not SubscriptionState.ACTIVE:
            return given_up
        await self.store.log_attempt(delivery)
        return Retry(SHORTEST_WAIT, _CHANGED)

    async def _give_up(self, delivery: Delivery, error: str) -> Outcome:
        log.warning(
            "delivery.given_up", subscription=delivery.subscription_id, attempts=delivery.attempts
        )
        await self.store.log_attempt(replace(delivery, state=DeliveryState.FAILED, error=error))
        return Reject(error)


def _uncounted(tried: Delivery) -> Delivery:
    return replace(tried, attempts=tried.attempts - 1)


@dataclass(frozen=True, slots=True)
class DeliveryJobHandler:
    """Handles the messages of the job queue."""

    deliverer: Deliverer
    confirmation: Confirmation
    postponed: PostponedJobs

    async def handle(self, message: Message) -> Outcome:
        """Handle one job; a body that does not parse is dead-lettered."""
        try:
            job = DELIVERY_JOB.validate_json(message.body)
        except ValidationError:
            return Reject("not a job")
        if isinstance(job, Confirm):
            outcome = await self.confirmation.request(job)
        else:
            outcome = await self.deliverer.deliver(job)
        return await self.postponed.settle(job, outcome)
