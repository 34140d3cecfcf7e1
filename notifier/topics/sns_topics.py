"""The publishers: one for each topic that something was published to."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping

from shared.aws.clients import AwsClients
from shared.aws.errors import aws_call
from shared.aws.names import Names
from shared.aws.topics import Topic
from shared.messages.announcement import CloudEvent


class SnsTopics:
    """Publishes to topics by name."""

    def __init__(self, clients: AwsClients, names: Names) -> None:
        self._clients = clients
        self._names = names
        self._topics: dict[str, Topic] = {}

    async def publish(self, topic: str, event: CloudEvent, attributes: Mapping[str, str]) -> None:
        """Return once SNS has confirmed; raises AwsUnavailableError or EntryFailedError."""
        if topic not in self._topics:
            async with aws_call("SNS"):
                answer = await self._clients.sns.create_topic(Name=self._names.topic(topic))
            self._topics.setdefault(topic, Topic(self._clients.sns, answer["TopicArn"]))
        await self._topics[topic].publish(event, attributes)

    async def close(self) -> None:
        """Return when everything is through."""
        await asyncio.gather(*(topic.close() for topic in self._topics.values()))


@contextlib.asynccontextmanager
async def open_sns_topics(clients: AwsClients, names: Names) -> AsyncIterator[SnsTopics]:
    """Open publishers for as long as the block lasts."""
    publishers = SnsTopics(clients, names)
    try:
        yield publishers
    finally:
        await publishers.close()
