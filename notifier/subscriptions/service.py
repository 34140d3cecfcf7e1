"""The subscription service: request, confirm, find, end, rotate secrets, redeliver."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace

import structlog

from notifier.deliveries.confirmation import Confirmation
from notifier.deliveries.redrive import Redriver
from notifier.store.contract import NotifierStore
from notifier.subscriptions.queue_subscribers import QueueRefusedError, QueueSubscribers
from shared.aws.batcher import EntryFailedError
from shared.aws.clients import AwsUnavailableError
from shared.clock import Clock
from shared.domain.delivery import Delivery
from shared.domain.subscription import (
    UNSUBSCRIBED,
    Channel,
    Subscription,
    SubscriptionState,
    advance,
    rotate,
)
from shared.domain.subscription_request import Granted, SubscriptionRequest, grant
from shared.domain.tokens import new_signing_secret
from shared.messages.delivery_job import Confirm, JobQueue, Redeliver, send_job
from shared.store.subscription_contract import SubscriptionChangedError

log = structlog.stdlib.get_logger(__name__)

LAST_DELIVERIES = 20
OVERLAP = dt.timedelta(hours=24)
"""How long webhooks are signed with the old secret as well."""


class NotFoundError(Exception):
    """There is no such subscription or delivery."""


class NotActiveError(Exception):
    """Nothing is delivered to a subscription in this state."""

    def __init__(self, state: SubscriptionState) -> None:
        super().__init__(f"nothing is delivered to a subscription that is {state}")


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionService:
    """Requests, confirms, finds and ends subscriptions.

    Most calls raise SubscriptionChangedError when another process changed the subscription first.
    """

    store: NotifierStore
    store_id: str
    jobs: JobQueue
    confirmation: Confirmation
    queues: QueueSubscribers
    redriver: Redriver
    clock: Clock

    async def subscribe(self, wanted: SubscriptionRequest) -> Granted:
        """Record a subscription, and queue its confirmation request; queues need none.

        Only staff subscribe queues. Raises QueueRefusedError, TooManyRequestedError and
        TooManyPendingError.
        """
        granted = grant(wanted, self.store_id, self.clock())
        if wanted.channel is Channel.SQS:
            return replace(granted, subscription=await self._subscribe_queue(granted.subscription))
        await self.confirmation.limits.admit(granted.subscription)
        await self.store.add_subscription(granted.subscription)
        await self._queue_confirmation(granted.subscription)
        log.info(
            "subscription.requested",
            subscription=granted.subscription.id,
            topic=wanted.topic,
            channel=wanted.channel,
        )
        return granted

    async def find(self, subscription_id: str) -> Subscription:
        """Look a subscription up; raises NotFoundError."""
        subscription = await self.store.subscription(subscription_id)
        if subscription is None:
            raise NotFoundError
        return subscription

    async def last_deliveries(self, subscription: Subscription) -> Sequence[Delivery]:
        """List the last deliveries, the newest first."""
        return await self.store.last_deliveries(subscription.id, LAST_DELIVERIES)

    async def confirm(self, subscription: Subscription) -> Subscription:
        """Activate a subscription; one that was confirmed before does not change.

        Raises SubscriptionRefusedError when it has ended.
        """
        if subscription.state in {SubscriptionState.ACTIVE, SubscriptionState.PAUSED}:
            return subscription
        return await self.confirmation.confirm(subscription)

    async def end(self, subscription: Subscription, notice: str = UNSUBSCRIBED) -> None:
        """End a subscription, unless it has ended before: nothing more is delivered to it."""
        while subscription.state is not SubscriptionState.ENDED:
            await self.queues.unsubscribe(subscription)
            ended = advance(subscription, SubscriptionState.ENDED, self.clock(), notice)
            try:
                await self.store.replace_subscription(subscription, ended)
            except SubscriptionChangedError:
                subscription = await self.find(subscription.id)
            else:
                log.info("subscription.ended", subscription=subscription.id)
                return

    async def rotate_secret(self, subscription: Subscription) -> Subscription:
        """Sign with a fresh secret; the present one stays valid for OVERLAP."""
        rotated = rotate(subscription, new_signing_secret(), self.clock(), OVERLAP)
        await self.store.replace_subscription(subscription, rotated)
        log.info("subscription.secret_rotated", subscription=subscription.id)
        return rotated

    async def redeliver(self, subscription: Subscription, delivery_id: str) -> None:
        """Queue one more attempt at a delivery, whatever its state.

        Raises NotFoundError, and NotActiveError.
        """
        if subscription.state is not SubscriptionState.ACTIVE:
            raise NotActiveError(subscription.state)
        if await self.store.delivery(subscription.id, delivery_id) is None:
            raise NotFoundError
        job = Redeliver(subscription_id=subscription.id, delivery_id=delivery_id)
        await send_job(self.jobs, job)

    async def _queue_confirmation(self, subscription: Subscription) -> None:
        """Queue the confirmation request; when that fails, end the subscription and raise.

        Otherwise a later requeue would request confirmation of a subscription whose manage token
        nobody has.
        """
        job = Confirm(subscription_id=subscription.id)
        try:
            await send_job(self.jobs, job)
        except (AwsUnavailableError, EntryFailedError):
            await self.end(subscription)
            raise

    async def _subscribe_queue(self, subscription: Subscription) -> Subscription:
        """Record it first, so that every subscription at SNS can be found and ended.

        After a crash in between it stays pending, and the next topology restore ends it.
        """
        recorded = await self.store.add_subscription(subscription)
        try:
            await self._require_alone(recorded)
            aws_subscription = await self.queues.subscribe(recorded)
        except QueueRefusedError as error:
            refused = advance(recorded, SubscriptionState.ENDED, self.clock(), str(error))
            await self.store.replace_subscription(recorded, refused)
            raise
        active = replace(
            advance(recorded, SubscriptionState.ACTIVE, self.clock()),
            aws_subscription=aws_subscription,
        )
        await self.store.replace_subscription(recorded, active)
        return active

    async def _require_alone(self, recorded: Subscription) -> None:
        """Raise QueueRefusedError if another record has this queue; of two at once, both fail.

        SNS has one subscription of a queue to a topic, with one filter: ending one of two records
        would end both.
        """
        async for page in self.store.subscribed(recorded.routing_keys):
            for other in page:
                is_of_queue = (other.channel, other.target) == (Channel.SQS, recorded.target)
                if is_of_queue and other.id != recorded.id:
                    raise QueueRefusedError(f"the queue is subscribed already: {other.id}")
