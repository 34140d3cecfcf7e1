"""The fan-out: one announcement becomes a delivery for each of its subscribers."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Protocol

import structlog
from pydantic import ValidationError

from notifier.store.contract import DeliveryLog, TopicStore
from shared.clock import Clock
from shared.consuming.message import Message
from shared.consuming.outcome import Done, Outcome
from shared.domain.delivery import Delivery, delivery_id
from shared.domain.subscription import Channel, Subscription, order_route, wants
from shared.messages.announcement import ORDER_EVENTS, CloudEvent
from shared.messages.delivery_job import Deliver, JobQueue
from shared.store.subscription_contract import SubscriptionStore

log = structlog.stdlib.get_logger(__name__)


class _Store(SubscriptionStore, DeliveryLog, TopicStore, Protocol):
    """What the fan-out reads and writes."""


class FanOut:
    """Logs what is due, then queues it, then lets go of the announcement."""

    def __init__(self, store: _Store, jobs: JobQueue, clock: Clock) -> None:
        self._store = store
        self._jobs = jobs
        self._clock = clock

    async def handle(self, delivery: Message) -> Outcome:
        """Make deliveries of an announcement; what is none is dropped, as it never will be one.

        What is heard again adds nothing to the log. The second jobs of an order's event find
        their attempts claimed; an issue has none, once the first are all queued.
        """
        topic = delivery.attributes.get("topic", ORDER_EVENTS)
        try:
            event = CloudEvent.model_validate_json(delivery.body)
        except ValidationError as error:
            reason = error.errors(include_input=False)[0]["msg"]
            log.warning("announcement.not_an_event", topic=topic, reason=reason)
            return Done()
        if topic != ORDER_EVENTS and await self._store.is_announced(event.id):
            return Done()
        async for page in self._store.subscribed(_routes(topic, event)):
            await self._queue(
                [
                    self._delivery(subscription, event, delivery.body)
                    for subscription in page
                    if subscription.channel is not Channel.SQS and wants(subscription, event.type)
                ]
            )
        if topic != ORDER_EVENTS:
            await self._store.issue_announced(event.id)
        return Done()

    def _delivery(self, subscription: Subscription, event: CloudEvent, body: str) -> Delivery:
        return Delivery(
            subscription_id=subscription.id,
            id=delivery_id(event.time, event.id),
            topic=subscription.topic,
            event_id=event.id,
            event_type=event.type,
            event=body,
            at=self._clock(),
        )

    async def _queue(self, due: Sequence[Delivery]) -> None:
        await self._store.log_due(due)
        jobs = [Deliver(subscription_id=d.subscription_id, delivery_id=d.id) for d in due]
        await asyncio.gather(*(self._jobs.send(job.model_dump_json()) for job in jobs))


def _routes(topic: str, event: CloudEvent) -> Sequence[str]:
    order_id = event.data.get("order_id")
    return [topic, order_route(topic, order_id)] if isinstance(order_id, str) else [topic]
