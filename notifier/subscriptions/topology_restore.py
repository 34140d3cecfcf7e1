"""Topology restore: create again what SNS and SQS must have for the subscribers, then requeue."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field, replace

import structlog

from notifier.deliveries.queue_epoch import QueueEpoch
from notifier.deliveries.requeue import Requeuer
from notifier.store.contract import pages_in_state
from notifier.subscriptions.queue_subscribers import QueueRefusedError, QueueSubscribers
from notifier.topics.catalog import TopicCatalog
from shared.aws.batcher import EntryFailedError
from shared.clock import Clock
from shared.domain.subscription import Channel, Subscription, SubscriptionState, advance
from shared.runtime.lifecycle import completes_before
from shared.runtime.retry import retry_until_available
from shared.store.subscription_contract import SubscriptionChangedError, SubscriptionStore

log = structlog.stdlib.get_logger(__name__)

_RETRY_SECONDS = 2.0
_TIME_TO_SUBSCRIBE = dt.timedelta(minutes=1)
"""A request that subscribes a queue has long ended by then."""


class NotRestoredError(Exception):
    """Topics and queues do not all exist yet."""


@dataclass(slots=True, kw_only=True)
class TopologyRestore:
    """Creates topics and subscriptions, then queues again what was in progress."""

    catalog: TopicCatalog
    store: SubscriptionStore
    queues: QueueSubscribers
    requeuer: Requeuer
    epoch: QueueEpoch
    clock: Clock
    _restored: bool = field(default=False, init=False)

    async def check(self) -> None:
        """Raise NotRestoredError until everything exists."""
        if not self._restored:
            raise NotRestoredError("topics and queues are not all there yet")

    async def run(self, broker_reset: asyncio.Event) -> None:
        """Restore now, and again after each `broker_reset`."""
        while True:
            if await completes_before(broker_reset, self._restore_and_requeue()):
                await broker_reset.wait()
            self._restored = False
            await _until_available(self.epoch.invalidate)
            # Cleared only once that is on record: the service may fail, and be started again.
            broker_reset.clear()

    async def _restore_and_requeue(self) -> None:
        """Restore and become ready first: queueing what is due may take long."""
        await _until_available(self.restore)
        await self.requeuer.requeue()

    async def restore(self) -> None:
        """Create everything; safe to run again."""
        await self.catalog.provision()
        await self._end_interrupted()
        async for subscription in self._queues_in_state(SubscriptionState.ACTIVE):
            await self._subscribe_again(subscription)
        self._restored = True
        log.info("topology.restored")

    async def _end_interrupted(self) -> None:
        """End the subscriptions of queues that were being made when a notifier crashed."""
        now = self.clock()
        async for pending in self._queues_in_state(SubscriptionState.PENDING):
            if now - pending.created_at > _TIME_TO_SUBSCRIBE:
                await self.queues.unsubscribe(pending)
                notice = "a notifier crashed while it subscribed the queue; subscribe it again"
                await self._record(pending, advance(pending, SubscriptionState.ENDED, now, notice))

    async def _queues_in_state(self, state: SubscriptionState) -> AsyncIterator[Subscription]:
        async for page in pages_in_state(self.store, state):
            for subscription in page:
                if subscription.channel is Channel.SQS:
                    yield subscription

    async def _subscribe_again(self, subscription: Subscription) -> None:
        try:
            arn = await self.queues.subscribe(subscription)
        except QueueRefusedError as error:
            log.warning(
                "queue.not_subscribed_again", subscription=subscription.id, error=str(error)
            )
            return
        if arn != subscription.aws_subscription:
            await self._record(
                subscription,
                replace(subscription, aws_subscription=arn, version=subscription.version + 1),
            )

    async def _record(self, before: Subscription, after: Subscription) -> None:
        """Record a change at SNS, or undo it if the subscription was ended meanwhile."""
        try:
            await self.store.replace_subscription(before, after)
        except SubscriptionChangedError:
            now = await self.store.subscription(before.id)
            if now is None or now.state is SubscriptionState.ENDED:
                await self.queues.unsubscribe(after)


async def _until_available(step: Callable[[], Awaitable[None]]) -> None:
    await retry_until_available(
        lambda _: step(),
        "topology.not_restored_yet",
        pause=lambda _: _RETRY_SECONDS,
        also=(EntryFailedError,),
    )
