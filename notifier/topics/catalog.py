"""The catalog of topics: those that every shop has, and those that staff have added."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from notifier.store.contract import TopicStore
from shared.aws.clients import AwsClients, aws_call
from shared.aws.names import Names
from shared.aws.provisioning import are_provisioned, provision_announcements
from shared.messages.topics import BUILT_IN_TOPICS

MOST_TOPICS = 50
"""The policy of a queue names the topics that it is subscribed to, and may be 8 KB long."""

_PROVISION_SECONDS = 15.0


class TooManyTopicsError(Exception):
    """There is no room for another topic."""


@dataclass(frozen=True, slots=True)
class TopicCatalog:
    """Knows the topics, and creates them at SNS with the queues that they announce to."""

    store: TopicStore
    clients: AwsClients
    names: Names

    async def ensure_queues(self) -> None:
        """Create the topics and the notifier's queues, unless the queues exist.

        Raises AwsUnavailableError and StoreUnavailableError.
        """
        names = self.names
        queues = (names.announcements, names.deliveries, names.deliveries_dead_letters)
        async with aws_call("SQS"):
            exist = await are_provisioned(self.clients.sqs, *queues)
        if not exist:
            await self.provision()

    async def provision(self) -> None:
        """Create all topics; raises AwsUnavailableError and StoreUnavailableError."""
        await self._provision_all_but(set())

    async def all(self) -> Mapping[str, str]:
        """Give every topic's description, by name."""
        return {**BUILT_IN_TOPICS, **await self.store.topics()}

    async def has(self, name: str) -> bool:
        """Whether there is a topic of that name."""
        return name in BUILT_IN_TOPICS or name in await self.store.topics()

    async def put(self, name: str, description: str) -> bool:
        """Add a topic or change its description; return whether it is new.

        It is recorded last, so that every recorded topic can be published to. Raises
        AwsUnavailableError, StoreUnavailableError and TooManyTopicsError.
        """
        known = await self.all()
        if name not in known:
            if len(known) >= MOST_TOPICS:
                raise TooManyTopicsError(f"there are {MOST_TOPICS} topics, and no room for more")
            await self._provision([*known, name])
        new = await self.store.put_topic(name, description)
        await self._provision_all_but({*known, name})
        return new and name not in known

    async def _provision_all_but(self, provisioned: set[str]) -> None:
        """Create all topics, unless `provisioned` are all of them.

        Adding a topic writes the policy of the queue as a whole, and may miss a topic that is
        added at the same time. So the last one to write must have read all of them.
        """
        while (names := set(await self.all())) - provisioned:
            await self._provision(sorted(names))
            provisioned = names

    async def _provision(self, topics: Collection[str]) -> None:
        async with aws_call("SQS or SNS", _PROVISION_SECONDS):
            await provision_announcements(self.clients, self.names, topics)
