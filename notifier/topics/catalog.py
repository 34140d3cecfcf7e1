"""The catalog of topics: those that every shop has, and those that staff have added."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import structlog

from notifier.store.contract import TopicStore
from shared.aws.topology import TopicNotDeployedError, Topology
from shared.messages.topics import BUILT_IN_TOPICS

log = structlog.stdlib.get_logger(__name__)

MOST_TOPICS = 100
"""A notifier subscribes to all of them at its start, and SNS creates 30 topics in a second."""


class TooManyTopicsError(Exception):
    """There is no room for another topic."""


@dataclass(frozen=True, slots=True)
class TopicCatalog:
    """Knows the topics, and ensures that SNS has them, and the queues that they announce to."""

    store: TopicStore
    topology: Topology

    async def ensure_queues(self) -> None:
        """Ensure that the notifier's queues are there; create them, with the topics, if need be.

        Raises AwsUnavailableError and StoreUnavailableError.
        """
        if not await self.topology.queues_exist():
            await self.provision()

    async def provision(self) -> None:
        """Ensure that all topics exist; raises AwsUnavailableError and StoreUnavailableError.

        One that staff added, and that the template no longer has, is logged and left out.
        """
        topics = set(await self.all())
        while True:
            try:
                return await self.topology.ensure_topics(topics)
            except TopicNotDeployedError as error:
                if error.topic in BUILT_IN_TOPICS:
                    raise
                log.warning("topic.not_deployed", topic=error.topic)
                topics.remove(error.topic)

    async def all(self) -> Mapping[str, str]:
        """Give every topic's description, by name."""
        return {**BUILT_IN_TOPICS, **await self.store.topics()}

    async def has(self, name: str) -> bool:
        """Whether there is a topic of that name."""
        return name in BUILT_IN_TOPICS or name in await self.store.topics()

    async def put(self, name: str, description: str) -> bool:
        """Add a topic or change its description; return whether it is new.

        It is recorded last, so that every recorded topic can be published to. Raises
        AwsUnavailableError, StoreUnavailableError, TooManyTopicsError and TopicNotDeployedError.
        """
        known = await self.all()
        if name not in known:
            if len(known) >= MOST_TOPICS:
                raise TooManyTopicsError(f"there are {MOST_TOPICS} topics, and no room for more")
            await self.topology.ensure_topics([name])
        new = await self.store.put_topic(name, description)
        return new and name not in known
