"""The catalog of topics: those of the opening, and those that staff have added."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping

from notifier.store.contract import TopicStore
from shared.messages.topics import OPENING_TOPICS

MOST_TOPICS = 50
"""A queue's policy names the topics that it hears, and may be 8 KB long."""


class TooManyTopicsError(Exception):
    """There is no room for another topic."""


class TopicCatalog:
    """Knows the topics. `provision` is told of all of them before a new one is anybody's."""

    def __init__(
        self, store: TopicStore, provision: Callable[[Collection[str]], Awaitable[object]]
    ) -> None:
        self._store = store
        self._provision = provision

    async def provision(self) -> None:
        """Make all topics; raises AwsUnavailableError and StoreUnavailableError."""
        await self._provision_all_but(set())

    async def all(self) -> Mapping[str, str]:
        """Give every topic's description, by name: the opening's first."""
        return {**OPENING_TOPICS, **await self._store.topics()}

    async def names(self) -> Collection[str]:
        """Give every topic's name."""
        return await self.all()

    async def has(self, name: str) -> bool:
        """Tell whether there is a topic of that name."""
        return name in OPENING_TOPICS or name in await self._store.topics()

    async def put(self, name: str, description: str) -> bool:
        """Add a topic, or describe it anew; tell whether it is new.

        It is recorded last, so that a topic on record can be published to. Raises
        AwsUnavailableError, StoreUnavailableError and TooManyTopicsError.
        """
        known = await self.all()
        if name not in known:
            if len(known) >= MOST_TOPICS:
                raise TooManyTopicsError(f"there are {MOST_TOPICS} topics, and no room for more")
            await self._provision([*known, name])
        new = await self._store.put_topic(name, description)
        await self._provision_all_but({*known, name})
        return new and name not in known

    async def _provision_all_but(self, provisioned: set[str]) -> None:
        """Make all topics, unless it is known that these are all.

        Whoever adds a topic writes the policy of the queue that hears them as a whole, and may
        not know of one that is added at the same time. So the last to write has read all.
        """
        while (names := set(await self.all())) - provisioned:
            await self._provision(sorted(names))
            provisioned = names
