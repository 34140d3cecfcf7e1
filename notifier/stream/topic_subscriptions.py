"""The subscriptions of one queue to topics."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from shared.aws.provisioning import subscribe_queue
from shared.aws.topology import Topology
from shared.messages.announcement import ORDER_EVENTS

if TYPE_CHECKING:
    from types_aiobotocore_sns import SNSClient


@dataclass(kw_only=True, slots=True)
class TopicSubscriptions:
    """Subscribes one queue, of that ARN, to topics."""

    sns: SNSClient
    topology: Topology
    queue: str
    _subscriptions: dict[str, str] = field(default_factory=dict)

    def missing(self, topics: Collection[str]) -> Collection[str]:
        """Return those of the topics that the queue is not subscribed to."""
        return set(topics) - self._subscriptions.keys()

    async def add(self, topics: Collection[str]) -> Collection[str]:
        """Subscribe to topics; the queue's policy lets them in already.

        Returns those that the template no longer has: nothing is announced to them.
        """
        names = sorted(topics)
        arns = await self.topology.topic_arns(names)
        subscriptions = await asyncio.gather(*map(self._subscribe, names, arns))
        made = zip(names, subscriptions, strict=True)
        self._subscriptions |= {name: arn for name, arn in made if arn is not None}
        return self.missing(topics)

    async def _subscribe(self, name: str, topic: str) -> str | None:
        try:
            return await subscribe_queue(self.sns, topic, self.queue)
        except self.sns.exceptions.NotFoundException:
            if self.topology.creates or name == ORDER_EVENTS:
                raise
            return None

    async def remove(self) -> None:
        """Remove all subscriptions."""
        unsubscribe = self.sns.unsubscribe
        await asyncio.gather(
            *(unsubscribe(SubscriptionArn=arn) for arn in self._subscriptions.values())
        )
