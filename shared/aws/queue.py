"""An SQS queue: sends, deletes and extensions are batched; receives are long polls."""

from __future__ import annotations

import asyncio
import datetime as dt
import math
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from operator import attrgetter
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from shared.aws.batcher import Batcher, BatchResult, EntryFailedError, by_position
from shared.aws.clients import aws_call
from shared.aws.outgoing import OutgoingMessage
from shared.clock import utc_now
from shared.consuming.message import LeaseLostError, Message
from shared.tracing.process import tracing

if TYPE_CHECKING:
    from types_aiobotocore_sqs import SQSClient

MAX_ATTRIBUTES = 10
"""SQS takes up to 10 attributes with a message."""

MAX_BYTES = 2**20
"""SQS takes up to 1 MiB in a message, its attributes included, and in a batch."""

_EXCERPT = 100_000
"""How many characters, of up to 4 bytes each, a dead letter that is too long keeps."""

REASON, ATTEMPTS = "reason", "attempts"
"""The attributes of a dead letter: why it was given up on, and after how many receives."""

_LOST_LEASE_CODES = frozenset(
    {"ReceiptHandleIsInvalid", "MessageNotInflight", "InvalidParameterValue"}
)


_NO_ATTRIBUTES: Mapping[str, str] = MappingProxyType({})


class SqsQueue:
    """One queue, by its URL, with its dead-letter queue.

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
        self._name = url.rpartition("/")[2]
        self._tracing = tracing()
        self._sends = Batcher(self._send_batch, size=attrgetter("size"), max_bytes=MAX_BYTES)
        self._deletes = Batcher(self._delete_batch)
        # One call at a time: an extension under way must not undo a later hand-back.
        self._extensions = Batcher(self._extend_batch, max_in_flight=1)

    async def send(
        self,
        body: str,
        attributes: Mapping[str, str] = _NO_ATTRIBUTES,
        *,
        group: str | None = None,
    ) -> None:
        """Return once SQS has confirmed a message; see OutgoingMessage.

        Like every method here it raises AwsUnavailableError when SQS is unavailable, and
        EntryFailedError when SQS refused this message for good.
        """
        with self._tracing.sending("aws_sqs", self._name) as carried:
            await self._sends.submit(OutgoingMessage(body, {**attributes, **carried}, group))

    async def receive(self, limit: int) -> Sequence[Message]:
        """Poll for up to `limit` messages. Never cancel this: see `docs/decisions`.

        Only the client's own time-outs bound it; they are longer than a long poll.
        """
        began = utc_now()
        async with aws_call("SQS", None):
            answer = await self._sqs.receive_message(
                QueueUrl=self.url,
                MaxNumberOfMessages=limit,
                WaitTimeSeconds=self._wait_time,
                VisibilityTimeout=self._visibility_timeout,
                MessageAttributeNames=["All"],
                MessageSystemAttributeNames=[
                    "ApproximateReceiveCount",
                    "SentTimestamp",
                    "MessageGroupId",
                ],
            )
        return [_received(message, began) for message in answer.get("Messages", [])]

    def working_on(self, message: Message) -> AbstractContextManager[object]:
        """Trace the work on a message, for as long as the block lasts."""
        since = [at for at in (message.polled_at, message.sent_at) if at is not None]
        return self._tracing.working_on(
            self._name, message.attributes, message.message_id, max(since, default=None)
        )

    async def delete(self, message: Message) -> None:
        """Remove a message for good."""
        await self._deletes.submit(message)

    async def extend(self, message: Message, seconds: float) -> None:
        """Change when the message becomes visible; raises LeaseLostError when it is too late."""
        try:
            await self._extensions.submit((message, math.ceil(seconds)))
        except EntryFailedError as error:
            if error.code.rpartition(".")[2] in _LOST_LEASE_CODES:
                raise LeaseLostError(message.message_id) from error
            raise

    async def dead_letter(self, message: Message, reason: str) -> None:
        """Copy the message, with the reason, to the dead-letter queue; then delete it here.

        If the reason does not fit beside the message, the copy is cut: no ticket is that long.
        """
        if self._dead_letters is None:
            raise RuntimeError("this queue has no dead-letter queue")
        why = {REASON: reason, ATTEMPTS: str(message.receive_count)}
        copy = OutgoingMessage(message.body, {**message.attributes, **why}, message.group)
        if copy.size > MAX_BYTES or len(copy.attributes) > MAX_ATTRIBUTES:
            copy = OutgoingMessage(message.body[:_EXCERPT], why, message.group)
        await self._dead_letters.send(copy.body, copy.attributes, group=copy.group)
        await self.delete(message)

    async def waiting_and_in_flight(self) -> tuple[int, int]:
        """Count the messages, as far as SQS knows (it says "approximate")."""
        async with aws_call("SQS"):
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
        """Delete every message; SQS may take a minute, and purges once a minute at most."""
        async with aws_call("SQS"):
            await self._sqs.purge_queue(QueueUrl=self.url)

    async def close(self) -> None:
        """Refuse new calls, and return once those submitted are confirmed."""
        await asyncio.gather(self._sends.close(), self._deletes.close(), self._extensions.close())

    async def _send_batch(self, messages: Sequence[OutgoingMessage]) -> BatchResult:
        entries: list[Any] = [one.entry(place, "MessageBody") for place, one in enumerate(messages)]
        async with aws_call("SQS"):
            answer = await self._sqs.send_message_batch(QueueUrl=self.url, Entries=entries)
        return by_position(len(messages), answer.get("Failed", []))

    async def _delete_batch(self, messages: Sequence[Message]) -> BatchResult:
        receipts = [message.receipt for message in messages]
        distinct = list(dict.fromkeys(receipts))
        async with aws_call("SQS"):
            answer = await self._sqs.delete_message_batch(
                QueueUrl=self.url,
                Entries=[
                    {"Id": str(position), "ReceiptHandle": receipt}
                    for position, receipt in enumerate(distinct)
                ],
            )
        return _by_receipt(receipts, distinct, answer.get("Failed", []))

    async def _extend_batch(self, extensions: Sequence[tuple[Message, int]]) -> BatchResult:
        receipts = [message.receipt for message, _ in extensions]
        # If a receipt is there twice, the later extension counts.
        seconds = {message.receipt: seconds for message, seconds in extensions}
        async with aws_call("SQS"):
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
        return _by_receipt(receipts, list(seconds), answer.get("Failed", []))


def _by_receipt(
    receipts: Sequence[str], distinct: Sequence[str], failed: Sequence[Any]
) -> BatchResult:
    """Give each receipt the outcome of its entry; SQS takes a receipt once in a batch."""
    outcomes = dict(zip(distinct, by_position(len(distinct), failed), strict=True))
    return [outcomes[receipt] for receipt in receipts]


def _received(message: Any, polled_at: dt.datetime) -> Message:
    system = message.get("Attributes", {})
    sent_ms = system.get("SentTimestamp")
    return Message(
        message_id=message["MessageId"],
        receipt=message["ReceiptHandle"],
        body=message["Body"],
        attributes={
            name: value["StringValue"]
            for name, value in message.get("MessageAttributes", {}).items()
            if "StringValue" in value
        },
        polled_at=polled_at,
        receive_count=int(system.get("ApproximateReceiveCount", 1)),
        group=system.get("MessageGroupId"),
        sent_at=None if sent_ms is None else dt.datetime.fromtimestamp(int(sent_ms) / 1000, dt.UTC),
    )
