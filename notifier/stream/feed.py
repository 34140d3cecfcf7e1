"""The live feed: puts what this instance's queue receives on the ring, and so on the streams."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from functools import partial

import structlog
from pydantic import ValidationError

from notifier.stream.hub import Hub
from notifier.stream.live_queue import VISIBILITY_SECONDS, LiveQueue
from notifier.stream.reaper import Reaper
from notifier.stream.selection import ring_event
from shared.consuming.consumer import Consumer, ConsumerLimits
from shared.consuming.message import Message
from shared.consuming.outcome import Done, Outcome
from shared.domain.errors import UnavailableError
from shared.messages.announcement import ORDER_EVENTS, log_fields, read_event
from shared.runtime.lifecycle import background_task, every, until_whole

_CONCURRENCY = 1000
"""So many announcements may wait for their readers without delaying the next."""

_ACKNOWLEDGED_WITHIN = 1.0
_SCANS_PER_STALL = 5

log = structlog.stdlib.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class ReaderReset:
    """Resets all readers when the live queue opens, and again when its policy is in force.

    Until then, for `policy_seconds`, SQS may refuse what SNS sends; SNS does not try again.
    """

    hub: Hub
    new_epoch: Callable[[], str]
    policy_seconds: float = 0

    def reset(self) -> None:
        """Reset now, and once later."""
        self._restart()
        if self.policy_seconds:
            asyncio.get_running_loop().call_later(self.policy_seconds, self._restart)

    def _restart(self) -> None:
        self.hub.restart(self.new_epoch())


@dataclass(frozen=True, slots=True)
class StreamHandler:
    """Handles the messages of an instance's queue."""

    hub: Hub

    async def handle(self, message: Message) -> Outcome:
        """Publish an announcement, and keep the message until its readers have written it.

        If we are killed before, the next start receives it again. A body that is no announcement
        is dropped.
        """
        topic = message.attributes.get("topic", ORDER_EVENTS)
        try:
            received = ring_event(topic, read_event(message.body))
        except ValidationError as error:
            log.warning("live.not_an_event", topic=topic, reason=error.errors()[0]["msg"])
        else:
            await self.hub.publish(received).wait(_ACKNOWLEDGED_WITHIN)
            await self.hub.wait_for_reconnects()
        return Done()


@contextlib.asynccontextmanager
async def stream_feed(
    hub: Hub,
    queue: LiveQueue,
    reaper: Reaper,
    *,
    stalled_seconds: float,
    heartbeat_seconds: float,
    mark_seconds: float,
    scan_seconds: float,
) -> AsyncIterator[None]:
    """Feed the hub for as long as the block lasts; then remove the queue.

    SQS and SNS may be unavailable at first.
    """
    limits = ConsumerLimits(_CONCURRENCY, VISIBILITY_SECONDS)
    consumer = Consumer(
        queue,
        StreamHandler(hub).handle,
        limits,
        log_fields=partial(log_fields, queue="live"),
        log_done=False,
    )
    drop_stalled = partial(hub.drop_stalled, stalled_seconds)
    beat = partial(hub.heartbeats.beat, heartbeat_seconds)
    # Notifiers that started together must not scan together for ever.
    scan_seconds *= random.uniform(0.8, 1.2)  # noqa: S311 - this guards nothing
    async with (
        # A poll may be cancelled here, unlike elsewhere: the queue is deleted with it.
        background_task(consumer.run(asyncio.Event()), "live feed"),
        background_task(
            every(stalled_seconds / _SCANS_PER_STALL, drop_stalled, until_whole), "stalled streams"
        ),
        background_task(every(0, beat), "heartbeats of streams"),
        background_task(every(mark_seconds, _if_reachable(queue.beat)), "live heartbeat"),
        background_task(every(scan_seconds, _if_reachable(reaper.scan)), "live reaper"),
    ):
        yield
    await queue.close()


def _if_reachable(step: Callable[[], Awaitable[None]]) -> Callable[[], Awaitable[None]]:
    """Log that AWS or the store is unavailable; the next step does what is left."""

    async def attempt() -> None:
        try:
            await step()
        except UnavailableError as error:
            log.warning("live.step_failed", step=step.__qualname__, error=repr(error))

    return attempt
