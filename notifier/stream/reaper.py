"""The reaper: removes the live queues of notifiers that were killed.

Their subscriptions cost money with every announcement, and slow it down.

A queue is an orphan when its notifier's heartbeat does not change between scans. It is compared
with itself, never with a clock: clocks differ, and jump, and a notifier whose clock is wrong must
not remove the queues of all others.
"""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

import structlog

from notifier.stream.live_queue import Topics
from notifier.stream.tagged_queues import tagged_heartbeats
from shared.aws.clients import AwsClients, aws_call
from shared.aws.names import Names, queue_arn_beside, topic_arn
from shared.aws.topology import Topology
from shared.clock import sortable
from shared.domain.shop import NotifierHeartbeat
from shared.messages.announcement import ORDER_EVENTS
from shared.store.contract import HeartbeatStore

ORPHAN_AFTER = 3
"""After so many scans in a row that find the same heartbeat again, a queue is an orphan."""

_SCAN_SECONDS = 60
_REMOVED_AT_ONCE = 100
"""Orphans that one scan removes; the next continues with the rest."""

_TAGGED_SCANS = 2 * ORPHAN_AFTER
"""So many scans after the start also look for the queues that notifiers of earlier releases tag.

A rolling deploy leaves none behind: whichever notifier starts last still finds those of the killed.
"""

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
    topology: Topology
    store: HeartbeatStore
    instance: str
    topics: Topics
    _sightings: Mapping[str, Sighting] = field(default_factory=dict)
    _scans: int = 0

    async def scan(self) -> None:
        """Read the heartbeats once, and remove the orphans; orphans only cost calls to AWS.

        Raises AwsUnavailableError and StoreUnavailableError; the next scan does what is left.
        """
        recorded = {beat.notifier: beat for beat in await self.store.notifier_heartbeats()}
        async with aws_call("SQS or SNS", _SCAN_SECONDS):
            heartbeats = {**await self._tagged(), **_times(recorded)}
            heartbeats.pop(self.instance, None)
            self._sightings = count_unchanged(self._sightings, heartbeats)
            found = orphans(self._sightings)[:_REMOVED_AT_ONCE]
            if found:
                await self._remove(found)
        for beat in (recorded[instance] for instance in found if instance in recorded):
            await self.store.replace_heartbeat(beat, None)

    async def _tagged(self) -> Mapping[str, str]:
        """Read the heartbeats of notifiers of earlier releases, which never ran on a template."""
        if not self.topology.creates or self._scans >= _TAGGED_SCANS:
            return {}
        self._scans += 1
        return await tagged_heartbeats(self.clients.sqs, self.names)

    async def _remove(self, instances: Collection[str]) -> None:
        """Remove notifiers' queues, but first their subscriptions, found by the queues' ARNs."""
        sqs = self.clients.sqs
        (topic,) = await self.topology.topic_arns([ORDER_EVENTS])
        queues = [self.names.live(instance) for instance in instances]
        await self._unsubscribe([queue_arn_beside(topic, queue) for queue in queues])
        for queue in queues:
            with contextlib.suppress(sqs.exceptions.QueueDoesNotExist):
                url = (await sqs.get_queue_url(QueueName=queue))["QueueUrl"]
                await sqs.delete_queue(QueueUrl=url)
                log.info("live.orphan_removed", queue=queue)

    async def _unsubscribe(self, queues: Sequence[str]) -> None:
        """Remove these queues' subscriptions to every topic; all by their ARNs."""
        sns = self.clients.sns
        gone = sns.exceptions.NotFoundException
        for topic in await self.topics():
            arn = topic_arn(queues[0], self.names.topic(topic))
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


def _times(recorded: Mapping[str, NotifierHeartbeat]) -> Mapping[str, str]:
    return {notifier: sortable(beat.at) for notifier, beat in recorded.items()}
