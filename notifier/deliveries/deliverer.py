"""The deliverer: one delivery for one subscriber, attempted, settled, written into the log."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Protocol

import structlog

from notifier.channels.channel import (
    Accepted,
    Attempt,
    LocalFailure,
    PermanentFailure,
    Sender,
    TransientFailure,
)
from notifier.deliveries.health import SubscriptionHealth
from notifier.deliveries.limits import Lanes
from notifier.deliveries.retry_policy import SHORTEST_WAIT, Schedule, too_early, wait_by_age
from notifier.store.contract import DeliveryLog
from shared.clock import Clock
from shared.consuming.outcome import Done, Outcome, Reject, Retry
from shared.domain.delivery import Delivery, DeliveryState
from shared.domain.subscription import Channel, Subscription, SubscriptionState
from shared.messages.announcement import CloudEvent
from shared.messages.delivery_job import Deliver, Redeliver
from shared.store.subscription_contract import SubscriptionStore

log = structlog.stdlib.get_logger(__name__)

_NOT_YET = "not its turn yet"
_PAUSED = "the subscription is paused"
_CHANGED = "somebody else attempts it, or has changed the subscription"


class _Store(SubscriptionStore, DeliveryLog, Protocol):
    """What the deliverer reads and writes."""


@dataclass(frozen=True, slots=True)
class Deliverer:
    """Delivers what the log says is due. The job only says where to look."""

    store: _Store
    senders: Mapping[Channel, Sender]
    lanes: Lanes
    schedule: Schedule
    health: SubscriptionHealth
    clock: Clock
    rnd: Callable[[], float] = random.random

    async def deliver(self, job: Deliver) -> Outcome:
        """Bring a delivery one step further."""
        subscription = await self.store.subscription(job.subscription_id)
        delivery = await self.store.delivery(job.subscription_id, job.delivery_id)
        if subscription is None or delivery is None:
            return Done()
        match delivery.state:
            case DeliveryState.DUE:
                return await self._go_on(subscription, delivery)
            case DeliveryState.FAILED:
                # We were cut off between log and queue, or this is a second job.
                return Reject(delivery.error or _PAUSED)
            case DeliveryState.DELIVERED:
                # We may have been cut off before what follows from it.
                await self._delivered(subscription)
                return Done()
            case DeliveryState.DROPPED:
                return Done()

    async def redeliver(self, job: Redeliver) -> Outcome:
        """Make one attempt that somebody asked for; how it went is in the log, and no retry."""
        subscription = await self.store.subscription(job.subscription_id)
        delivery = await self.store.delivery(job.subscription_id, job.delivery_id)
        if subscription is None or delivery is None:
            return Done()
        if subscription.state is SubscriptionState.ACTIVE:
            with self.lanes.delivery(subscription) as wait:
                if wait:
                    return Retry(wait, _NOT_YET)
                made = await self._attempt(subscription, delivery)
            if made is None:
                return Done()  # somebody else makes one this very moment, or there is to be none
            claimed, attempt = made
            if isinstance(attempt, Accepted):
                await self.store.log_attempt(replace(claimed, state=DeliveryState.DELIVERED))
                await self._delivered(subscription)
            else:
                await self.store.log_attempt(replace(claimed, error=attempt.error))
        return Done()

    async def _go_on(self, subscription: Subscription, delivery: Delivery) -> Outcome:
        match subscription.state:
            case SubscriptionState.ENDED:
                await self.store.log_attempt(replace(delivery, state=DeliveryState.DROPPED))
                return Done()
            case SubscriptionState.PENDING:
                return Retry(wait_by_age(delivery.at, self.clock()), "not confirmed yet")
            case SubscriptionState.PAUSED:
                return await self._give_up_while_paused(delivery)
            case SubscriptionState.ACTIVE:
                return await self._take_turn(subscription, delivery)

    async def _take_turn(self, subscription: Subscription, delivery: Delivery) -> Outcome:
        if early := too_early(delivery, self.clock()):
            return Retry(early, _NOT_YET)
        with self.lanes.delivery(subscription) as wait:
            if wait:
                return Retry(wait, _NOT_YET)
            made = await self._attempt(subscription, delivery)
        if made is None:
            return Retry(SHORTEST_WAIT, _CHANGED)
        return await self._settle(subscription, *made)

    async def _attempt(
        self, subscription: Subscription, delivery: Delivery
    ) -> tuple[Delivery, Attempt] | None:
        """Claim an attempt, then make it; none when somebody else was quicker.

        Claiming takes its time, and whoever unsubscribes meanwhile is told that nothing more
        comes: so the subscription is looked up last.
        """
        event = CloudEvent.model_validate_json(delivery.event)
        begins = self.clock()
        held = dt.timedelta(seconds=self.schedule.hold(delivery.attempts + 1))
        claimed = await self.store.claim_attempt(delivery, begins, begins + held)
        if claimed is None:
            return None
        now = await self.store.subscription(subscription.id)
        if now is None or now.state is not SubscriptionState.ACTIVE:
            await self.store.log_attempt(delivery)
            return None
        return claimed, await self.senders[now.channel].deliver(now, event)

    async def _settle(
        self, subscription: Subscription, tried: Delivery, attempt: Attempt
    ) -> Outcome:
        match attempt:
            case Accepted():
                done = replace(tried, state=DeliveryState.DELIVERED)
                await self.store.log_attempt(done)
                await self._delivered(subscription)
                return Done()
            case TransientFailure(error=error, retry_after=after):
                pause = self.schedule.pause(tried.attempts, after, self.rnd)
                if pause is None:
                    await self.health.after_failure(subscription, tried, error)
                    return await self._give_up(tried, error)
                return await self._put_off(tried, pause, error)
            case LocalFailure(error=error):
                uncounted = replace(tried, attempts=tried.attempts - 1)
                return await self._put_off(uncounted, wait_by_age(tried.at, self.clock()), error)
            case PermanentFailure(error=error):
                await self.health.pause(subscription, error)
                return await self._give_up(tried, error)

    async def _put_off(self, delivery: Delivery, pause: float, error: str) -> Outcome:
        until = self.clock() + dt.timedelta(seconds=pause)
        await self.store.log_attempt(replace(delivery, error=error, not_before=until))
        return Retry(pause, error)

    async def _delivered(self, subscription: Subscription) -> None:
        if subscription.state is SubscriptionState.ACTIVE:
            await self.health.after_delivery(subscription)

    async def _give_up_while_paused(self, delivery: Delivery) -> Outcome:
        """Give up what is due, unless its subscription is resumed meanwhile.

        Whoever resumes writes that first, and then reads what was given up; here it is the other
        way round, so that one of the two always sees the other.
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
