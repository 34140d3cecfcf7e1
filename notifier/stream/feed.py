"""The live feed: what this instance's queue brings goes onto the ring, and so to the streams."""

from __future__ import annotations

import asyncio
import contextlib
import random
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial

import structlog
from pydantic import ValidationError

from notifier.settings import NotifierSettings
from notifier.stream.hub import Hub
from notifier.stream.instance_queue import VISIBILITY_SECONDS, InstanceQueue
from notifier.stream.metrics import StreamMetrics
from notifier.stream.reaper import Reaper
from notifier.stream.ring import Ring
from notifier.stream.selection import announcement
from notifier.stream.topic_subscriptions import Topics
from shared.aws.clients import aws_clients
from shared.aws.errors import AwsUnavailableError
from shared.aws.names import Names
from shared.consuming.consumer import Consumer, ConsumerLimits
from shared.consuming.message import Message
from shared.consuming.outcome import Done, Outcome
from shared.messages.announcement import ORDER_EVENTS, CloudEvent
from shared.runtime.lifecycle import background_task, every

_AT_ONCE = 1000
"""So many announcements may wait for their readers without holding up the next."""

_TOLD_WITHIN = 1.0
_LOOKS_IN_A_STALL = 4

log = structlog.stdlib.get_logger(__name__)


def new_epoch() -> str:
    """Make an epoch that no ring has had."""
    return secrets.token_hex(8)


def new_hub(settings: NotifierSettings, tally: StreamMetrics) -> Hub:
    """Make a hub with an empty ring."""
    return Hub(
        Ring(new_epoch(), settings.ring_size, settings.ring_bytes),
        tally,
        max_lag=settings.max_lag,
        max_streams=settings.max_streams,
        max_per_client=settings.max_streams_per_client,
        mark_every=settings.ring_size // 4,
    )


class Listener:
    """Hears what the topics have announced."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub

    async def handle(self, delivery: Message) -> Outcome:
        """Pass an announcement on, and have it kept until its readers were told.

        If we are killed before, the next life hears it again. What is no announcement is dropped,
        since it never will be one.
        """
        topic = delivery.attributes.get("topic", ORDER_EVENTS)
        try:
            event = CloudEvent.model_validate_json(delivery.body)
            heard = announcement(topic, event)
        except ValidationError as error:
            log.warning("live.not_an_event", topic=topic, reason=error.errors()[0]["msg"])
        else:
            await self._hub.pass_on(heard).finished(_TOLD_WITHIN)
            await self._hub.readers_back()
        return Done()


@contextlib.asynccontextmanager
async def feeding(
    hub: Hub, settings: NotifierSettings, topics: Topics
) -> AsyncIterator[InstanceQueue]:
    """Feed the hub with all `topics` for as long as the block lasts.

    Nothing of SQS has to be there to begin.
    """
    names, instance = Names(settings.name_prefix), settings.notifier_instance
    async with aws_clients(settings) as clients:
        queue = InstanceQueue(
            clients,
            names,
            instance,
            topics=topics,
            opened=lambda: hub.interrupted(new_epoch()),
            away_seconds=2 * settings.live_look_seconds,
            poll_seconds=settings.poll_seconds,
        )
        reaper = Reaper(clients, names, instance, topics)
        consumer = Consumer(
            queue, Listener(hub).handle, ConsumerLimits(_AT_ONCE, VISIBILITY_SECONDS)
        )
        async with (
            # A poll may be cancelled here, unlike elsewhere: the queue goes with it.
            background_task(consumer.run(asyncio.Event()), "live feed"),
            background_task(_drop_stalled(hub, settings.stalled_seconds), "stalled streams"),
            background_task(_repeat("mark", queue.mark, settings.live_mark_seconds), "live mark"),
            background_task(
                _repeat("look", reaper.look, _about(settings.live_look_seconds)), "live reaper"
            ),
        ):
            yield queue
        await queue.close()


async def _drop_stalled(hub: Hub, seconds: float) -> None:
    await every(seconds / _LOOKS_IN_A_STALL, partial(hub.drop_stalled, seconds))


async def _repeat(name: str, step: Callable[[], Awaitable[None]], seconds: float) -> None:
    """Take a step again and again; when SQS or SNS is out of reach, the next may do it."""

    async def if_reachable() -> None:
        try:
            await step()
        except AwsUnavailableError as error:
            log.warning("live.put_off", step=name, error=repr(error))

    await every(seconds, if_reachable)


def _about(seconds: float) -> float:
    """Vary a period by a fifth, lest notifiers that started together look together for ever."""
    return seconds * random.uniform(0.8, 1.2)  # noqa: S311 - when somebody looks guards nothing
