"""An SQS queue: what is sent, deleted and extended goes in batches; receives are long polls."""

from __future__ import annotations

import asyncio
import datetime as dt
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from shared.aws.batcher import Batcher, EntryFailedError, by_position
from shared.aws.errors import reaching
from shared.aws.message_attributes import plain, typed, weight
from shared.consuming.message import LeaseLostError, Message

if TYPE_CHECKING:
    from types_aiobotocore_sqs import SQSClient

MAX_ATTRIBUTES = 10
"""SQS takes up to 10 attributes with a message."""

MAX_BYTES = 2**20
"""SQS takes up to 1 MiB in a message, its attributes included, and in a batch."""

_EXCERPT = 100_000
"""How many characters, of up to 4 bytes each, are kept of a dead letter that is too long."""

REASON, ATTEMPTS = "reason", "attempts"
"""The attributes of a dead letter: why it was given up on, and after how many deliveries."""

_LOST_LEASE_CODES = frozenset(
    {"ReceiptHandleIsInvalid", "MessageNotInflight", "InvalidParameterValue"}
)


_NO_ATTRIBUTES: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class _Outgoing:
    """A message to send."""

    body: str
    attributes: Mapping[str, str]

    @property
    def size(self) -> int:
        """How many bytes SQS counts."""
        return weight(self.body, self.attributes)


class SqsQueue:
    """One queue, by its URL, with the queue that its dead letters go to.

    `visibility_timeout` and `wait_time` (the length of a long poll) are in whole seconds.
    """

    def __init__(
        self,
        sqs: SQSClient,
        url: str,
        *,
        visibility_timeout: int = 30,
        wait_time: int = 2,
        dead_letters: SqsQueue | None = None,
    ) -> None:
        self._sqs = sqs
        self.url = url
        self._visibility_timeout = visibility_timeout
        self._wait_time = wait_time
        self._dead_letters = dead_letters
        self._sends = Batcher(self._send_batch, size=attrgetter("size"), max_bytes=MAX_BYTES)
        self._deletes = Batcher(self._delete_batch)
        # One call at a time: an extension on its way must not undo what is handed back after it.
        self._extensions = Batcher(self._extend_batch, max_in_flight=1)

    async def send(self, body: str, attributes: Mapping[str, str] = _NO_ATTRIBUTES) -> None:
        """Return once SQS has confirmed a message; it takes up to 10 attributes.

        Like every method here it raises AwsUnavailableError when SQS is out of reach, and
        EntryFailedError when SQS refused just this one for good.
        """
        await self._sends.submit(_Outgoing(body, attributes))

    async def receive(self, limit: int) -> Sequence[Message]:
        """Poll for up to `limit` messages. Never cancel this: see `docs/decisions`.

        It is bounded by the client's own time-outs, which leave room for a long poll.
        """
        async with reaching("SQS", None):
            answer = await self._sqs.receive_message(
                QueueUrl=self.url,
                MaxNumberOfMessages=limit,
                WaitTimeSeconds=self._wait_time,
                VisibilityTimeout=self._visibility_timeout,
                MessageAttributeNames=["All"],
                MessageSystemAttributeNames=["ApproximateReceiveCount", "SentTimestamp"],
            )
        return [_delivery(message) for message in answer.get("Messages", [])]

    async def delete(self, delivery: Message) -> None:
        """Remove a message for good."""
        await self._deletes.submit(delivery)

    async def extend(self, delivery: Message, seconds: float) -> None:
        """Change when the message becomes visible; raises LeaseLostError when it is too late."""
        try:
            await self._extensions.submit((delivery, math.ceil(seconds)))
        except EntryFailedError as error:
            if error.code.rpartition(".")[2] in _LOST_LEASE_CODES:
                raise LeaseLostError(delivery.message_id) from error
            raise

    async def dead_letter(self, delivery: Message, reason: str) -> None:
        """Copy the message, with the reason, to the dead-letter queue; then delete it here.

        A message so long that the reason does not fit beside it is cut: no ticket is that long.
        """
        if self._dead_letters is None:
            raise RuntimeError("this queue has no dead-letter queue")
        why = {REASON: reason, ATTEMPTS: str(delivery.receive_count)}
        copy = _Outgoing(delivery.body, {**delivery.attributes, **why})
        if copy.size > MAX_BYTES or len(copy.attributes) > MAX_ATTRIBUTES:
            copy = _Outgoing(delivery.body[:_EXCERPT], why)
        await self._dead_letters.send(copy.body, copy.attributes)
        await self.delete(delivery)

    async def waiting_and_in_flight(self) -> tuple[int, int]:
        """Count the messages, as far as SQS knows (it says "approximate")."""
        async with reaching("SQS"):
            answer = await self._sqs.get_queue_attributes(
                QueueUrl=self.url,
                AttributeNames=[
                    "ApproximateNumberOfMessages",
                    "ApproximateNumberOfMessagesNotVisible",
                ],
            )
        counts = answer["Attributes"]
        return (
            int(counts["ApproximateNumberOfMessages"]),
            int(counts["ApproximateNumberOfMessagesNotVisible"]),
        )

    async def purge(self) -> None:
        """Delete every message; SQS may take a minute over it, and does it once in a minute."""
        async with reaching("SQS"):
            await self._sqs.purge_queue(QueueUrl=self.url)

    async def close(self) -> None:
        """Return when everything that was submitted is through."""
        await asyncio.gather(self._sends.close(), self._deletes.close(), self._extensions.close())

    async def _send_batch(self, messages: Sequence[_Outgoing]) -> Sequence[EntryFailedError | None]:
        async with reaching("SQS"):
            answer = await self._sqs.send_message_batch(
                QueueUrl=self.url,
                Entries=[
                    {
                        "Id": str(position),
                        "MessageBody": message.body,
                        "MessageAttributes": typed(message.attributes),
                    }
                    for position, message in enumerate(messages)
                ],
            )
        return by_position(len(messages), answer.get("Failed", []))

    async def _delete_batch(self, taken: Sequence[Message]) -> Sequence[EntryFailedError | None]:
        receipts = [delivery.receipt for delivery in taken]
        distinct = list(dict.fromkeys(receipts))
        async with reaching("SQS"):
            answer = await self._sqs.delete_message_batch(
                QueueUrl=self.url,
                Entries=[
                    {"Id": str(position), "ReceiptHandle": receipt}
                    for position, receipt in enumerate(distinct)
                ],
            )
        return _shared(receipts, distinct, answer.get("Failed", []))

    async def _extend_batch(
        self, extensions: Sequence[tuple[Message, int]]
    ) -> Sequence[EntryFailedError | None]:
        receipts = [delivery.receipt for delivery, _ in extensions]
        # Of a receipt that is there twice, the later one counts.
        seconds = {delivery.receipt: seconds for delivery, seconds in extensions}
        async with reaching("SQS"):
            answer = await self._sqs.change_message_visibility_batch(
                QueueUrl=self.url,
                Entries=[
                    {
                        "Id": str(position),
                        "ReceiptHandle": receipt,
                        "VisibilityTimeout": seconds[receipt],
                    }
                    for position, receipt in enumerate(seconds)
                ],
            )
        return _shared(receipts, list(seconds), answer.get("Failed", []))


def _shared(
    receipts: Sequence[str], distinct: Sequence[str], failed: Sequence[Any]
) -> list[EntryFailedError | None]:
    """Give each receipt the outcome of its entry; one that was there twice had only one."""
    outcomes = dict(zip(distinct, by_position(len(distinct), failed), strict=True))
    return [outcomes[receipt] for receipt in receipts]


def _delivery(message: Any) -> Message:
    told = message.get("Attributes", {})
    sent_ms = told.get("SentTimestamp")
    return Message(
        message_id=message["MessageId"],
        receipt=message["ReceiptHandle"],
        body=message["Body"],
        attributes=plain(message.get("MessageAttributes", {})),
        receive_count=int(told.get("ApproximateReceiveCount", 1)),
        sent_at=None if sent_ms is None else dt.datetime.fromtimestamp(int(sent_ms) / 1000, dt.UTC),
    )
