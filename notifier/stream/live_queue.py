"""The queue by which one notifier instance receives all topics; made again whenever it is lost."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import structlog

from notifier.stream.gathering import Gathering
from notifier.stream.pace import Pace
from notifier.stream.topic_subscriptions import TopicSubscriptions
from shared.aws.batcher import MAX_ENTRIES
from shared.aws.clients import AwsClients, AwsUnavailableError, aws_call
from shared.aws.names import Names, queue_arn_beside
from shared.aws.provisioning import topics_policy
from shared.aws.queue import SqsQueue
from shared.aws.topology import Topology
from shared.clock import utc_now
from shared.consuming.message import Message
from shared.domain.shop import NotifierHeartbeat
from shared.messages.announcement import ORDER_EVENTS
from shared.store.contract import HeartbeatStore, StoreUnavailableError

Topics: TypeAlias = Callable[[], Awaitable[Collection[str]]]
"""Names the topics that the shop has now."""

VISIBILITY_SECONDS = 10
_RETENTION_SECONDS = "3600"
"""An event that nobody has received for an hour is no news."""

_OPEN_SECONDS = 10
_SUBSCRIBE_SECONDS = 5
_CLOSE_SECONDS = 5
_FINISH_SECONDS = 3
_FINISH_PAUSE = 0.05
_DELETE_SECONDS = 0.5
"""How long a message that is on the streams may stay in the queue; a kill repeats it on them."""

_BUSY, _PACE_SECONDS = 40, 0.05
"""From ten orders a second on, nobody sees that an event comes so much later."""

_SILENT_SECONDS = 45
"""Longer than a poll with all its attempts takes; after that, the feed has stalled."""

log = structlog.stdlib.get_logger(__name__)


class LiveQueueDownError(Exception):
    """No announcements reach this notifier at the moment."""


@dataclass(kw_only=True, slots=True)
class LiveQueue:
    """A queue for the consumer engine that makes itself, and subscribes itself to all `topics`.

    The first receive opens it, and so does the first after a failed one: the queue, or what was
    in it, may be lost, since the embedded emulator keeps nothing. It is also opened again after
    `expiry_seconds` without a heartbeat: other notifiers may have begun to remove it. `on_open` is
    called each time. Every method raises AwsUnavailableError when SQS or SNS is unavailable.

    The heartbeat is recorded before the queue is created, and removed after it, so that whoever
    reads the heartbeats knows of every queue.
    """

    clients: AwsClients
    names: Names
    store: HeartbeatStore
    topology: Topology
    instance: str
    topics: Topics
    on_open: Callable[[], None]
    expiry_seconds: float
    poll_seconds: int
    _requested: set[str] = field(default_factory=set)
    _queue: SqsQueue | None = None
    _subscriptions: TopicSubscriptions | None = None
    _is_open: bool = False
    _changing: asyncio.Lock = field(default_factory=asyncio.Lock)
    _received_at: float = 0.0
    _heartbeat_at: float = 0.0
    _pace: Pace = field(default_factory=lambda: Pace(_BUSY, _PACE_SECONDS))
    _deletes: Gathering = field(default_factory=lambda: Gathering(MAX_ENTRIES, _DELETE_SECONDS))

    async def receive(self, limit: int) -> Sequence[Message]:
        """Open the queue if need be, and poll for up to `limit` messages, at a busy shop's pace."""
        await asyncio.sleep(self._pace.pause())
        async with self._changing:
            queue = self._queue
            if queue is None or not self._is_open:
                queue = await self._open()
        try:
            messages = await queue.receive(limit)
        except AwsUnavailableError:
            self._is_open = False
            raise
        self._received_at = time.monotonic()
        self._pace.received(len(messages), limit)
        return messages

    async def subscribe(self, topic: str) -> None:
        """Receive a topic that is newer than the queue; the caller has made sure that it exists.

        Costs nothing for a topic that is subscribed. While the queue is not open, the topic is
        subscribed when it opens, which resets all readers.
        """
        self._requested.add(topic)
        if not self._lacks(topic):
            return
        async with aws_call("SQS or SNS", _SUBSCRIBE_SECONDS), self._changing:
            if self._lacks(topic) and self._subscriptions is not None:
                self._requested -= set(await self._subscriptions.add([topic]))

    async def beat(self) -> None:
        """Show the other notifiers that this one is alive; raises StoreUnavailableError."""
        if self._queue is None or not self._is_open:
            return
        if time.monotonic() - self._heartbeat_at > self.expiry_seconds:
            log.warning("live.heartbeat_expired", queue=self._name)
            self._is_open = False
            return
        await self._record_heartbeat()

    async def delete(self, message: Message) -> None:
        """Remove a message for good, ten in a request or those of half a second."""
        await self._deletes.join()
        if self._queue is not None:
            await self._queue.delete(message)

    async def extend(self, message: Message, seconds: float) -> None:
        """Keep a message from others; none is handed back, since a stop deletes the queue."""
        if seconds and self._queue is not None:
            await self._queue.extend(message, seconds)

    async def dead_letter(self, message: Message, reason: str) -> None:
        """Remove a message: old news is not worth a dead letter."""
        log.warning("live.rejected", message_id=message.message_id, reason=reason)
        await self.delete(message)

    async def check(self) -> None:
        """Raise LiveQueueDownError while no announcements are received."""
        if not self._is_open or time.monotonic() - self._received_at > _SILENT_SECONDS:
            raise LiveQueueDownError

    async def finish(self) -> None:
        """Wait until all announcements so far are on the streams, _FINISH_SECONDS at most.

        A message is deleted when its readers have written it, and from now on at once.
        """
        self._deletes.open()
        with contextlib.suppress(TimeoutError, AwsUnavailableError):
            async with asyncio.timeout(_FINISH_SECONDS):
                while await self._holds_messages():  # noqa: ASYNC110 - SQS gives no signal
                    await asyncio.sleep(_FINISH_PAUSE)

    async def close(self) -> None:
        """Remove the queue and its subscriptions; what is unavailable stays behind."""
        if self._queue is None or self._subscriptions is None:
            return
        self._is_open = False
        try:
            async with aws_call("SQS", _CLOSE_SECONDS):
                await self._queue.close()
                await self._subscriptions.remove()
                await self.clients.sqs.delete_queue(QueueUrl=self._queue.url)
            await self.store.remove_heartbeat(NotifierHeartbeat, self.instance)
            log.info("live.closed", queue=self._name)
        except (AwsUnavailableError, StoreUnavailableError) as error:
            log.warning("live.queue_left_behind", queue=self._name, error=repr(error))

    async def _holds_messages(self) -> bool:
        return self._queue is not None and any(await self._queue.waiting_and_in_flight())

    @property
    def _name(self) -> str:
        return self.names.live(self.instance)

    def _lacks(self, topic: str) -> bool:
        subscriptions = self._subscriptions if self._is_open else None
        return subscriptions is not None and bool(subscriptions.missing([topic]))

    async def _record_heartbeat(self) -> None:
        await self.store.record_heartbeat(NotifierHeartbeat(self.instance, utc_now()))
        self._heartbeat_at = time.monotonic()

    async def _open(self) -> SqsQueue:
        await self._record_heartbeat()
        async with aws_call("SQS or SNS", _OPEN_SECONDS):
            self._requested |= {ORDER_EVENTS, *await self.topics()}
            (topic,) = await self.topology.topic_arns([ORDER_EVENTS])
            arn = queue_arn_beside(topic, self._name)
            url = await self.topology.live_queue(
                self._name,
                {
                    "MessageRetentionPeriod": _RETENTION_SECONDS,
                    "Policy": topics_policy(arn, self.names),
                },
            )
            self._subscriptions = subscriptions = TopicSubscriptions(
                sns=self.clients.sns, topology=self.topology, queue=arn
            )
            while missing := subscriptions.missing(self._requested):
                # A topic may be requested meanwhile.
                self._requested -= set(await subscriptions.add(missing))
        self._queue = SqsQueue(
            self.clients.sqs,
            url,
            visibility_timeout=VISIBILITY_SECONDS,
            wait_time=self.poll_seconds,
        )
        self._is_open = True
        self._received_at = time.monotonic()
        log.info("live.open", queue=self._name)
        self.on_open()
        return self._queue
