"""The catalog of topics: those of the opening, and those that staff have added."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping

from shared.messages.topics import OPENING_TOPICS
from shared.store.subscription_contract import TopicStore


class TopicCatalog:
    """Knows the topics. `provision` is told of all of them before a new one is anybody's."""

    def __init__(
        self, store: TopicStore, provision: Callable[[Collection[str]], Awaitable[object]]
    ) -> None:
        self._store = store
        self._provision = provision

    async def provision(self) -> None:
        """Make all topics; raises AwsUnavailableError and StoreUnavailableError."""
        await self._provision(list(await self.all()))

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
        AwsUnavailableError and StoreUnavailableError.
        """
        known = await self.all()
        if name not in known:
            await self._provision([*known, name])
        return await self._store.put_topic(name, description) and name not in known
