"""The reaper: removes the live queues of notifiers that were killed.

Their subscriptions cost money with every announcement, and slow it down.

A queue is an orphan when its heartbeat tag does not change between scans. It is compared with
itself, never with a clock: clocks differ, and jump, and a notifier whose clock is wrong must not
remove the queues of all others.
"""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

import structlog

from notifier.stream.live_queue import ALIVE_AT, LIVE_OF, Topics
from shared.aws.clients import AwsClients, aws_call
from shared.aws.names import Names, topic_arn
from shared.aws.provisioning import queue_arn

ORPHAN_AFTER = 3
"""After so many scans in a row that find the same heartbeat again, a queue is an orphan."""

_SCAN_SECONDS = 60
_REMOVED_AT_ONCE = 100
"""Orphans that one scan removes; the next continues with the rest."""

_PAGE = 1000
"""SQS names up to so many queues at once."""

log = structlog.stdlib.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Sighting:
    """A queue's heartbeat at the last scan, and how many scans have found it unchanged."""

    heartbeat: str
    unchanged: int = 0


def count_unchanged(
    before: Mapping[str, Sighting], heartbeats: Mapping[str, str]
) -> dict[str, Sighting]:
    """Compare the heartbeats, by queue, with the last scan's; removed queues are dropped."""
    return {
        queue: Sighting(heartbeat, before[queue].unchanged + 1)
        if queue in before and before[queue].heartbeat == heartbeat
        else Sighting(heartbeat)
        for queue, heartbeat in heartbeats.items()
    }


def orphans(sightings: Mapping[str, Sighting]) -> Sequence[str]:
    """Name the queues whose notifiers are gone."""
    return sorted(queue for queue, seen in sightings.items() if seen.unchanged >= ORPHAN_AFTER)


@dataclass(kw_only=True, slots=True)
class Reaper:
    """Removes the orphans among the live queues of one shop, but never that of `instance`.

    Several reapers may scan, and remove, at the same time. A notifier that was only frozen makes
    its removed queue again.
    """

    clients: AwsClients
    names: Names
    instance: str
    topics: Topics
    _sightings: Mapping[str, Sighting] = field(default_factory=dict)

    async def scan(self) -> None:
        """Scan the live queues once, and remove the orphans.

        Raises AwsUnavailableError; the next scan does what is left.
        """
        async with aws_call("SQS or SNS", _SCAN_SECONDS):
            self._sightings = count_unchanged(self._sightings, await self._heartbeats())
            if found := orphans(self._sightings)[:_REMOVED_AT_ONCE]:
                await self._remove(found)

    async def _heartbeats(self) -> Mapping[str, str]:
        """Read the heartbeats of the other notifiers' queues, by URL."""
        heartbeats = {}
        pages = self.clients.sqs.get_paginator("list_queues").paginate(
            QueueNamePrefix=self.names.live(""), PaginationConfig={"PageSize": _PAGE}
        )
        async for page in pages:
            for url in page.get("QueueUrls", []):
                heartbeat = await self._heartbeat(url)
                if heartbeat is not None and _name(url) != self.names.live(self.instance):
                    heartbeats[url] = heartbeat
        return heartbeats

    async def _heartbeat(self, url: str) -> str | None:
        """Read a queue's heartbeat; None if it is gone, or is not a live queue of this shop."""
        sqs = self.clients.sqs
        try:
            tags = (await sqs.list_queue_tags(QueueUrl=url)).get("Tags", {})
        except sqs.exceptions.QueueDoesNotExist:
            return None
        return tags.get(ALIVE_AT) if tags.get(LIVE_OF) == self.names.live("") else None

    async def _remove(self, urls: Collection[str]) -> None:
        """Remove queues, but first their subscriptions, which are found by the queues' ARNs."""
        sqs = self.clients.sqs
        gone = sqs.exceptions.QueueDoesNotExist
        arns = set()
        for url in urls:
            with contextlib.suppress(gone):
                arns.add(await queue_arn(sqs, url))
        if arns:
            await self._unsubscribe(arns)
        for url in urls:
            with contextlib.suppress(gone):
                await sqs.delete_queue(QueueUrl=url)
                log.info("live.orphan_removed", queue=_name(url))

    async def _unsubscribe(self, queues: Collection[str]) -> None:
        """Remove these queues' subscriptions to every topic; all by their ARNs."""
        sns = self.clients.sns
        any_queue = next(iter(queues))
        gone = sns.exceptions.NotFoundException
        for topic in await self.topics():
            arn = topic_arn(any_queue, self.names.topic(topic))
            with contextlib.suppress(gone):
                for subscription in await self._subscriptions(arn, queues):
                    with contextlib.suppress(gone):
                        await sns.unsubscribe(SubscriptionArn=subscription)

    async def _subscriptions(self, topic: str, queues: Collection[str]) -> Collection[str]:
        paginator = self.clients.sns.get_paginator("list_subscriptions_by_topic")
        return [
            found["SubscriptionArn"]
            async for page in paginator.paginate(TopicArn=topic)
            for found in page["Subscriptions"]
            if found["Endpoint"] in queues
        ]


def _name(url: str) -> str:
    return url.rpartition("/")[2]
