"""The queue by which one notifier instance hears all topics; made again whenever it is lost."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence

import structlog

from notifier.stream.heartbeat_tag import set_mark
from notifier.stream.topic_subscriptions import Topics, TopicSubscriptions
from shared.aws.clients import AwsClients
from shared.aws.errors import AwsUnavailableError, aws_call
from shared.aws.names import Names
from shared.aws.provisioning import ensure_queue
from shared.aws.queue import SqsQueue
from shared.consuming.message import Message

VISIBILITY_SECONDS = 10
_RETENTION_SECONDS = "3600"
"""What nobody has heard for an hour is no news any more."""

_OPEN_SECONDS = 10
_HEAR_SECONDS = 5
_CLOSE_SECONDS = 5
_SILENT_SECONDS = 45
"""Longer than a poll with all its attempts takes; after that, the feed has stalled."""

log = structlog.stdlib.get_logger(__name__)


class StreamFeedDownError(Exception):
    """No announcements reach this notifier at the moment."""


class InstanceQueue:
    """A queue for the consumer engine that sees to its own existence.

    It is opened, subscriptions to all `topics` and all, by the first receive, and again by the
    first that follows a failed one, since the queue, or what was in it, may have been lost
    meanwhile: the embedded emulator forgets what it had. It is also opened again when it was not
    marked as alive for `away_seconds`: others may have begun to remove it. `opened` is called each
    time. Every method raises AwsUnavailableError when SQS or SNS is out of reach.
    """

    def __init__(
        self,
        clients: AwsClients,
        names: Names,
        instance: str,
        *,
        topics: Topics,
        opened: Callable[[], None],
        away_seconds: float,
        poll_seconds: int,
    ) -> None:
        self._clients = clients
        self._names = names
        self._name = names.live(instance)
        self._topics = topics
        self._opened = opened
        self._away_seconds = away_seconds
        self._poll_seconds = poll_seconds
        self._asked_for: set[str] = set()
        self._queue: SqsQueue | None = None
        self._topic_subscriptions: TopicSubscriptions | None = None
        self._is_open = False
        self._changing = asyncio.Lock()
        self._heard_at = self._marked_at = time.monotonic()

    async def receive(self, limit: int) -> Sequence[Message]:
        """Poll for up to `limit` messages, on a queue that is there."""
        queue = await self._opened_queue()
        try:
            deliveries = await queue.receive(limit)
        except AwsUnavailableError:
            self._is_open = False
            raise
        self._heard_at = time.monotonic()
        return deliveries

    async def subscribe(self, topic: str) -> None:
        """Hear a topic that came after the opening; the caller has made sure that there is one.

        Costs nothing when it is heard already. While the queue is not open it is left to the
        opening, which resets all readers.
        """
        self._asked_for.add(topic)
        if (
            self._topic_subscriptions is None
            or not self._is_open
            or topic in self._topic_subscriptions.topics
        ):
            return
        async with aws_call("SQS or SNS", _HEAR_SECONDS), self._changing:
            if self._is_open:
                await self._topic_subscriptions.subscribe([topic])

    async def mark(self) -> None:
        """Show the other notifiers that this one is alive."""
        if self._queue is None or not self._is_open:
            return
        if time.monotonic() - self._marked_at > self._away_seconds:
            log.warning("live.was_away", queue=self._name)
            self._is_open = False
            return
        async with aws_call("SQS"):
            await set_mark(self._clients.sqs, self._queue.url, self._names)
        self._marked_at = time.monotonic()

    async def delete(self, delivery: Message) -> None:
        """Remove a message for good."""
        await self._delivering().delete(delivery)

    async def extend(self, delivery: Message, seconds: float) -> None:
        """Keep the message from others; none is handed back, since at a stop the queue goes too."""
        if seconds:
            await self._delivering().extend(delivery, seconds)

    async def dead_letter(self, delivery: Message, reason: str) -> None:
        """Remove a message; old news is not worth keeping for anybody to look at."""
        log.warning("live.rejected", message_id=delivery.message_id, reason=reason)
        await self.delete(delivery)

    async def check(self) -> None:
        """Make sure that announcements are being heard; raises StreamFeedDownError."""
        if not self._is_open or time.monotonic() - self._heard_at > _SILENT_SECONDS:
            raise StreamFeedDownError

    async def close(self) -> None:
        """Take the queue and its subscriptions away; what cannot be reached stays behind."""
        if self._queue is None:
            return
        self._is_open = False
        try:
            async with aws_call("SQS", _CLOSE_SECONDS):
                await self._queue.close()
                await self._remove(self._queue.url)
        except AwsUnavailableError as error:
            log.warning("live.queue_left_behind", queue=self._name, error=repr(error))

    async def _opened_queue(self) -> SqsQueue:
        async with self._changing:
            if self._queue is None or not self._is_open:
                async with aws_call("SQS or SNS", _OPEN_SECONDS):
                    self._queue = await self._open()
                self._is_open = True
                self._heard_at = self._marked_at = time.monotonic()
                log.info("live.open", queue=self._name)
                self._opened()
            return self._queue

    async def _open(self) -> SqsQueue:
        sqs = self._clients.sqs
        arn = await ensure_queue(sqs, self._name, {"MessageRetentionPeriod": _RETENTION_SECONDS})
        url = (await sqs.get_queue_url(QueueName=self._name))["QueueUrl"]
        await set_mark(sqs, url, self._names)
        self._topic_subscriptions = topic_subscriptions = TopicSubscriptions(
            self._clients, self._names, url, arn
        )
        self._asked_for |= set(await self._topics())
        while missing := self._asked_for - set(topic_subscriptions.topics):
            await topic_subscriptions.subscribe(
                missing
            )  # meanwhile one more may have been asked for
        return SqsQueue(
            sqs, url, visibility_timeout=VISIBILITY_SECONDS, wait_time=self._poll_seconds
        )

    async def _remove(self, url: str) -> None:
        if self._topic_subscriptions is not None:
            await self._topic_subscriptions.stop()
        await self._clients.sqs.delete_queue(QueueUrl=url)
        log.info("live.closed", queue=self._name)

    def _delivering(self) -> SqsQueue:
        if self._queue is None:
            raise StreamFeedDownError
        return self._queue
