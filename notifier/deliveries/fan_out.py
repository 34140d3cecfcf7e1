"""The fan-out: one announcement becomes a delivery for each of its subscribers."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass

import structlog
from prometheus_client import Counter
from pydantic import ValidationError

from notifier.deliveries.lookup import SubscriptionLookup
from notifier.deliveries.room import Room
from notifier.store.contract import NotifierStore
from shared.clock import Clock
from shared.consuming.message import Message
from shared.consuming.outcome import Done, Outcome
from shared.domain.delivery import Delivery, delivery_id
from shared.domain.subscription import Channel, Subscription, order_routing_key, wants
from shared.messages.announcement import (
    NEWSLETTER_PUBLISHED,
    NOT_FOLLOWED,
    ORDER_EVENTS,
    CloudEvent,
    read_event,
)
from shared.messages.delivery_job import Deliver, JobQueue, send_job
from shared.tracing.process import spanned

log = structlog.stdlib.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class FanOut:
    """Logs the deliveries, then queues their jobs, then settles the announcement.

    `dropped` counts announcements that were not on record.
    """

    store: NotifierStore
    lookup: SubscriptionLookup
    jobs: JobQueue
    room: Room
    clock: Clock
    dropped: Counter

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
        is_issue = topic != ORDER_EVENTS or event.type == NEWSLETTER_PUBLISHED
        if is_issue and not await self._is_due(topic, event):
            return Done()
        routing_keys, order_id = [topic], event.data.get("order_id")
        if isinstance(order_id, str) and not NOT_FOLLOWED.items() <= message.attributes.items():
            routing_keys.append(order_routing_key(topic, order_id))
        is_first = True
        async for page in self.lookup.pages(routing_keys):
            if is_issue and not is_first:
                await self.room.wait()
            is_first = False
            await self._queue(event, message.body, page)
        if is_issue:
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
