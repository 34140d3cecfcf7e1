"""The fan-out: one announcement becomes a delivery for each of its subscribers."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from contextlib import aclosing
from dataclasses import dataclass, field

import structlog
from prometheus_client import Counter
from pydantic import ValidationError

from notifier.deliveries.backpressure import Backpressure
from notifier.deliveries.lookup import SubscriptionLookup
from notifier.store.contract import NotifierStore
from shared.clock import Clock
from shared.consuming.message import Message
from shared.consuming.outcome import Done, Outcome, Retry
from shared.domain.delivery import Delivery, delivery_id
from shared.domain.subscription import Channel, Subscription, order_routing_key, wants
from shared.messages.announcement import (
    NEWSLETTER_PUBLISHED,
    NO_SUBSCRIBERS,
    ORDER_EVENTS,
    CloudEvent,
    read_event,
)
from shared.messages.delivery_job import Deliver, JobQueue, send_job
from shared.tracing.process import spanned

_IN_HAND_SECONDS = 60
"""When an issue that is in hand is looked at again; by then it may be announced, or given up."""

log = structlog.stdlib.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class FanOut:
    """Logs the deliveries, then queues their jobs, then settles the announcement.

    `dropped` counts announcements that were not on record.
    """

    store: NotifierStore
    lookup: SubscriptionLookup
    jobs: JobQueue
    backpressure: Backpressure
    clock: Clock
    dropped: Counter
    _issues_in_hand: set[str] = field(default_factory=set, init=False)

    @spanned("fan out")
    async def handle(self, message: Message) -> Outcome:
        """Make the deliveries of an announcement; a body that is no event is dropped.

        So is an issue that staff did not publish: whoever can reach SNS can announce anything.
        Receiving it twice adds nothing to the log. For an order's event it queues second jobs,
        which make no second attempt; for an issue it queues none once all its first are queued.
        """
        topic = message.attributes.get("topic", ORDER_EVENTS)
        try:
            event = read_event(message.body)
        except ValidationError as error:
            reason = error.errors(include_input=False)[0]["msg"]
            log.warning("announcement.not_an_event", topic=topic, reason=reason)
            return Done()
        if topic != ORDER_EVENTS or event.type == NEWSLETTER_PUBLISHED:
            return await self._issue(topic, event, message.body)
        routing_keys, order_id = [topic], event.data.get("order_id")
        if isinstance(order_id, str) and not NO_SUBSCRIBERS.items() <= message.attributes.items():
            routing_keys.append(order_routing_key(topic, order_id))
        async for page in self.lookup.pages(routing_keys):
            await self._queue(event, message.body, page)
        return Done()

    async def _issue(self, topic: str, event: CloudEvent, body: str) -> Outcome:
        """Queue an issue page by page, which may take long: it is announced again meanwhile.

        What comes again waits, and may be the same message, whose lease was lost in an outage.
        """
        if not await self._is_due(topic, event):
            return Done()
        if event.id in self._issues_in_hand:
            return Retry(_IN_HAND_SECONDS, "the issue is in hand")
        self._issues_in_hand.add(event.id)
        try:
            return await self._queue_pages(topic, event, body)
        finally:
            self._issues_in_hand.discard(event.id)

    async def _queue_pages(self, topic: str, event: CloudEvent, body: str) -> Outcome:
        is_first = True
        async with aclosing(self.lookup.pages([topic])) as pages:
            async for page in pages:
                if not page:
                    continue
                if not is_first and not await self.backpressure.wait():
                    return Retry(0, "the notifier stops")
                if not is_first and await self.store.is_announced(event.id):
                    return Done()  # by another notifier
                is_first = False
                await self._queue(event, body, page)
        await self.store.issue_announced(event.id)
        return Done()

    async def _is_due(self, topic: str, event: CloudEvent) -> bool:
        """Return whether an issue is on record, just so, and not known to be in the log."""
        issue = await self.store.issue(event.id)
        recorded = issue and (issue.topic, CloudEvent.model_validate_json(issue.event))
        if recorded != (topic, event):
            self.dropped.inc()
            log.warning("announcement.not_on_record", topic=topic, announced_id=event.id)
            return False
        return not await self.store.is_announced(event.id)

    async def _queue(
        self, event: CloudEvent, body: str, subscriptions: Iterable[Subscription]
    ) -> None:
        due = [
            Delivery(
                subscription_id=subscription.id,
                id=delivery_id(event.time, event.id),
                topic=subscription.topic,
                event_id=event.id,
                event_type=event.type,
                event=body,
                at=self.clock(),
            )
            for subscription in subscriptions
            if subscription.channel is not Channel.SQS and wants(subscription, event.type)
        ]
        if not due:
            return
        await self.store.log_due(due)
        jobs = [
            Deliver(
                subscription_id=one.subscription_id,
                delivery_id=one.id,
                correlation_id=event.correlationid,
            )
            for one in due
        ]
        await asyncio.gather(*(send_job(self.jobs, job) for job in jobs))
