"""SNS topics: announcements go out in batches, each confirmed for itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from shared.aws.batcher import Batcher, EntryFailedError, by_position
from shared.aws.errors import reaching
from shared.aws.message_attributes import typed, weight
from shared.domain.order import Order
from shared.messages.announcement import CloudEvent, order_event

if TYPE_CHECKING:
    from types_aiobotocore_sns import SNSClient

MAX_BYTES = 256 * 1024
"""SNS takes up to 256 KiB in a message, and in a batch."""


@dataclass(frozen=True, slots=True)
class _Publication:
    body: str
    attributes: Mapping[str, str]


def _weight(publication: _Publication) -> int:
    return weight(publication.body, publication.attributes)


class Topic:
    """One SNS topic, by its ARN."""

    def __init__(self, sns: SNSClient, arn: str) -> None:
        self._sns = sns
        self.arn = arn
        self._publications = Batcher(self._publish_batch, size=_weight, max_bytes=MAX_BYTES)

    async def publish(self, event: CloudEvent, attributes: Mapping[str, str]) -> None:
        """Return once SNS has confirmed this event; `attributes` are what filters look at.

        Raises AwsUnavailableError or EntryFailedError.
        """
        body = event.model_dump_json(exclude_none=True)
        await self._publications.submit(_Publication(body, {"type": event.type, **attributes}))

    async def close(self) -> None:
        """Return when everything that was submitted is through."""
        await self._publications.close()

    async def _publish_batch(
        self, publications: Sequence[_Publication]
    ) -> Sequence[EntryFailedError | None]:
        async with reaching("SNS"):
            answer = await self._sns.publish_batch(
                TopicArn=self.arn,
                PublishBatchRequestEntries=[
                    {
                        "Id": str(position),
                        "Message": publication.body,
                        "MessageAttributes": typed(publication.attributes),
                    }
                    for position, publication in enumerate(publications)
                ],
            )
        return by_position(len(publications), answer.get("Failed", []))


class OrderAnnouncer:
    """Announces what has become of orders."""

    def __init__(self, topic: Topic) -> None:
        self._topic = topic

    async def announce(self, order: Order) -> None:
        """Tell of the state that `order` is in now; the same change always under the same id."""
        await self._topic.publish(
            order_event(order), {"store_id": order.store_id, "order_id": order.id}
        )
