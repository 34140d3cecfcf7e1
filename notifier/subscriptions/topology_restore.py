"""TopologyRestore: what SNS and SQS must have for the subscribers, made whenever it may be gone."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import AsyncIterator
from dataclasses import replace

import structlog

from notifier.deliveries.queue_epoch import QueueEpoch
from notifier.deliveries.requeue import Requeueing
from notifier.deliveries.retry import retry_until_available
from notifier.store.contract import pages_in_state
from notifier.subscriptions.queue_subscribers import QueueRefusedError, QueueSubscribers
from notifier.topics.catalog import TopicCatalog
from shared.clock import Clock
from shared.domain.subscription import Channel, Subscription, SubscriptionState, advance
from shared.runtime.lifecycle import completes_before
from shared.store.subscription_contract import SubscriptionChangedError, SubscriptionStore

log = structlog.stdlib.get_logger(__name__)

_TIME_TO_SUBSCRIBE = dt.timedelta(minutes=1)
"""A request that subscribes a queue has long ended by then."""


class NotRestoredError(Exception):
    """Topics and queues are not all there yet."""


class TopologyRestore:
    """Makes topics and subscriptions anew, then queues again what was on its way."""

    def __init__(
        self,
        catalog: TopicCatalog,
        store: SubscriptionStore,
        queues: QueueSubscribers,
        requeueing: Requeueing,
        epoch: QueueEpoch,
        clock: Clock,
    ) -> None:
        self._catalog = catalog
        self._store = store
        self._queues = queues
        self._requeueing = requeueing
        self._epoch = epoch
        self._clock = clock
        self._open = False

    async def check(self) -> None:
        """Raise NotRestoredError until everything is there."""
        if not self._open:
            raise NotRestoredError("topics and queues are not all there yet")

    async def run(self, broker_reset: asyncio.Event) -> None:
        """Open now, and again whenever `broker_reset` says that queues and topics were away."""
        while True:
            if await completes_before(broker_reset, self._open_at_last()):
                await broker_reset.wait()
            self._open = False
            await retry_until_available(self._epoch.invalidate, "topics.not_open_yet")
            broker_reset.clear()  # not before it is on record: the office may fail, and open anew

    async def _open_at_last(self) -> None:
        """Be open before jobs are queued again: that takes the longer, the more is due."""
        await retry_until_available(self.open, "topics.not_open_yet")
        await self._requeueing.requeue()

    async def open(self) -> None:
        """Make everything there; safe to run again."""
        await self._catalog.provision()
        await self._end_what_was_cut_off()
        async for subscription in self._queues_in_state(SubscriptionState.ACTIVE):
            await self._subscribe_again(subscription)
        self._open = True
        log.info("topics.open")

    async def _end_what_was_cut_off(self) -> None:
        """End the queues that were being subscribed when a notifier went away."""
        now = self._clock()
        async for pending in self._queues_in_state(SubscriptionState.PENDING):
            if now - pending.created_at > _TIME_TO_SUBSCRIBE:
                await self._queues.unsubscribe(pending)
                notice = "it was cut off while it was subscribed"
                await self._record(pending, advance(pending, SubscriptionState.ENDED, now, notice))

    async def _queues_in_state(self, state: SubscriptionState) -> AsyncIterator[Subscription]:
        async for page in pages_in_state(self._store, state):
            for subscription in page:
                if subscription.channel is Channel.SQS:
                    yield subscription

    async def _subscribe_again(self, subscription: Subscription) -> None:
        try:
            arn = await self._queues.subscribe(subscription)
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
        """Record what became of it at SNS; take that away if ours was ended meanwhile."""
        try:
            await self._store.replace_subscription(before, after)
        except SubscriptionChangedError:
            now = await self._store.subscription(before.id)
            if now is None or now.state is SubscriptionState.ENDED:
                await self._queues.unsubscribe(after)
