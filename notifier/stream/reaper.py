"""The reaper: removes the live queues of notifiers that were killed.

Their subscriptions cost money with every announcement, and slow it down.
"""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Mapping

import structlog

from notifier.stream.heartbeat_tag import read_mark
from notifier.stream.orphans import Sighting, look_again, orphans
from notifier.stream.topic_subscriptions import Topics
from shared.aws.clients import AwsClients
from shared.aws.errors import aws_call
from shared.aws.names import Names, topic_arn
from shared.aws.provisioning import queue_arn

_LOOK_SECONDS = 60
_MOST_AT_ONCE = 100
"""Orphans that one look removes; the next goes on with the rest."""

_PAGE = 1000
"""SQS names up to so many queues at once."""

log = structlog.stdlib.get_logger(__name__)


class Reaper:
    """Looks for the orphans among the live queues of one shop; that of `instance` is never one.

    Several may look, and remove, at the same time. A queue that was taken from a notifier that
    only stood still is made again by it.
    """

    def __init__(self, clients: AwsClients, names: Names, instance: str, topics: Topics) -> None:
        self._sqs = clients.sqs
        self._sns = clients.sns
        self._names = names
        self._own = names.live(instance)
        self._topics = topics
        self._sightings: Mapping[str, Sighting] = {}

    async def look(self) -> None:
        """Look once, and remove what has been an orphan for long enough.

        Raises AwsUnavailableError; the next look does what this one did not get done.
        """
        async with aws_call("SQS or SNS", _LOOK_SECONDS):
            self._sightings = look_again(self._sightings, await self._marks())
            if found := orphans(self._sightings)[:_MOST_AT_ONCE]:
                await self._remove(found)

    async def _marks(self) -> Mapping[str, str]:
        """Read the marks of the other notifiers' queues, by URL."""
        marks = {}
        pages = self._sqs.get_paginator("list_queues").paginate(
            QueueNamePrefix=self._names.live(""), PaginationConfig={"PageSize": _PAGE}
        )
        async for page in pages:
            for url in page.get("QueueUrls", []):
                mark = await read_mark(self._sqs, url, self._names)
                if mark is not None and _name(url) != self._own:
                    marks[url] = mark
        return marks

    async def _remove(self, urls: Collection[str]) -> None:
        """Remove queues, their subscriptions first: these could not be found without them."""
        gone = self._sqs.exceptions.QueueDoesNotExist
        arns = set()
        for url in urls:
            with contextlib.suppress(gone):
                arns.add(await queue_arn(self._sqs, url))
        if arns:
            await self._unsubscribe(arns)
        for url in urls:
            with contextlib.suppress(gone):
                await self._sqs.delete_queue(QueueUrl=url)
                log.info("live.orphan_removed", queue=_name(url))

    async def _unsubscribe(self, queues: Collection[str]) -> None:
        """Remove these queues' subscriptions to every topic; all by their ARNs."""
        somewhere = next(iter(queues))
        gone = self._sns.exceptions.NotFoundException
        for topic in await self._topics():
            arn = topic_arn(somewhere, self._names.topic(topic))
            with contextlib.suppress(gone):
                for subscription in await self._subscriptions(arn, queues):
                    with contextlib.suppress(gone):
                        await self._sns.unsubscribe(SubscriptionArn=subscription)

    async def _subscriptions(self, topic: str, queues: Collection[str]) -> Collection[str]:
        pages = self._sns.get_paginator("list_subscriptions_by_topic").paginate(TopicArn=topic)
        return [
            found["SubscriptionArn"]
            async for page in pages
            for found in page["Subscriptions"]
            if found["Endpoint"] in queues
        ]


def _name(url: str) -> str:
    return url.rpartition("/")[2]
