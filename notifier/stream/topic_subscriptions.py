"""What a queue hears: the topics that its policy lets in, and its subscriptions to them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection
from typing import TypeAlias

from shared.aws.clients import AwsClients
from shared.aws.names import Names
from shared.aws.provisioning import publishing_policy, subscribe_queue

Topics: TypeAlias = Callable[[], Awaitable[Collection[str]]]
"""Names the shop's topics, as many as there are by now."""


class TopicSubscriptions:
    """Lets one queue, of that URL and ARN, hear topics, which are made if need be.

    Not to be asked twice at once: the policy is written as a whole.
    """

    def __init__(self, clients: AwsClients, names: Names, url: str, arn: str) -> None:
        self._clients = clients
        self._names = names
        self._url = url
        self._arn = arn
        self._topics: dict[str, str] = {}
        self._subscriptions: dict[str, str] = {}

    @property
    def topics(self) -> Collection[str]:
        """The names of the topics that are heard."""
        return self._subscriptions.keys()

    async def subscribe(self, topics: Collection[str]) -> None:
        """Hear these topics too. The policy comes first, lest an announcement be turned away."""
        sqs, sns = self._clients.sqs, self._clients.sns
        names = sorted(set(topics) - self._subscriptions.keys())
        if not names:
            return
        made = await asyncio.gather(
            *(sns.create_topic(Name=self._names.topic(name)) for name in names)
        )
        arns = [topic["TopicArn"] for topic in made]
        self._topics |= zip(names, arns, strict=True)
        policy = publishing_policy(self._arn, self._topics.values())
        await sqs.set_queue_attributes(QueueUrl=self._url, Attributes={"Policy": policy})
        subscriptions = await asyncio.gather(
            *(subscribe_queue(sns, arn, self._arn) for arn in arns)
        )
        self._subscriptions |= zip(names, subscriptions, strict=True)

    async def stop(self) -> None:
        """Take the subscriptions away."""
        unsubscribe = self._clients.sns.unsubscribe
        await asyncio.gather(
            *(unsubscribe(SubscriptionArn=arn) for arn in self._subscriptions.values())
        )
