"""SNS topics: events are published in batches, and each is confirmed by itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from shared.aws.batcher import Batcher, BatchResult, by_position
from shared.aws.clients import aws_call
from shared.aws.outgoing import OutgoingMessage
from shared.domain.order import Order
from shared.messages.announcement import NO_SUBSCRIBERS, CloudEvent, order_event
from shared.tracing.process import tracing

if TYPE_CHECKING:
    from types_aiobotocore_sns import SNSClient

MAX_BYTES = 256 * 1024
"""SNS takes up to 256 KiB in a message, and in a batch."""


class Topic:
    """One SNS topic, by its ARN."""

    def __init__(self, sns: SNSClient, arn: str) -> None:
        self._sns = sns
        self.arn = arn
        size = attrgetter("size")
        self._tracing = tracing()
        self._publications = Batcher(self._publish_batch, size=size, max_bytes=MAX_BYTES)

    async def publish(self, event: CloudEvent, attributes: Mapping[str, str], group: str) -> None:
        """Return once SNS has confirmed this event; subscriptions filter by `attributes`.

        SNS passes the `group` on to queues; see OutgoingMessage.

        Raises AwsUnavailableError or EntryFailedError.
        """
        body = event.model_dump_json(exclude_none=True)
        with self._tracing.sending("aws.sns", self.arn.rpartition(":")[2]) as carried:
            await self._publications.submit(
                OutgoingMessage(body, {"type": event.type, **attributes, **carried}, group)
            )

    async def close(self) -> None:
        """Refuse new events, and return once those submitted are confirmed."""
        await self._publications.close()

    async def _publish_batch(self, publications: Sequence[OutgoingMessage]) -> BatchResult:
        entries: list[Any] = [one.entry(place, "Message") for place, one in enumerate(publications)]
        async with aws_call("SNS"):
            answer = await self._sns.publish_batch(
                TopicArn=self.arn, PublishBatchRequestEntries=entries
            )
        return by_position(len(publications), answer.get("Failed", []))


class OrderAnnouncer:
    """Announces the changes of orders."""

    def __init__(self, topic: Topic) -> None:
        self._topic = topic

    async def announce(self, order: Order, *, has_subscribers: bool = True) -> None:
        """Announce the state that `order` is in; the same change always has the same event id.

        Without `has_subscribers` it says so: nobody can have subscribed to that order yet.
        """
        attributes = {"store_id": order.store_id, "order_id": order.id}
        if not has_subscribers:
            attributes |= NO_SUBSCRIBERS
        await self._topic.publish(order_event(order), attributes, order.store_id)
