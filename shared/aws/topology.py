"""Where the shop's topics and queues come from: it creates them, or they are deployed.

Deployed ones, as by a CloudFormation template, are the template's alone. Services then only look
whether they are there: a policy or a subscription of theirs would replace what was deployed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Protocol

from shared.aws.clients import AwsClients, AwsUnavailableError, aws_call
from shared.aws.names import Names, topic_arn
from shared.aws.provisioning import (
    are_provisioned,
    create_queue,
    provision_announcements,
    put_queue,
    queue_arn,
    queue_url,
    subscription_of,
)

if TYPE_CHECKING:
    from types_aiobotocore_sqs.literals import QueueAttributeNameType

_SECONDS = 15.0


class TopicNotDeployedError(AwsUnavailableError):
    """SNS has no such `topic`, or the queue of announcements is not subscribed to it."""

    def __init__(self, topic: str, names: Names) -> None:
        super().__init__(
            f"SNS has no topic {names.topic(topic)!r} to which the queue "
            f"{names.announcements!r} is subscribed: add both to the template, and deploy it"
        )
        self.topic = topic


class Topology(Protocol):
    """The topics and queues of a shop; every method raises AwsUnavailableError."""

    creates: ClassVar[bool]
    """Whether the shop creates what is missing, and tags its queues as its own."""

    async def queues_exist(self) -> bool:
        """Whether the notifier's queues exist; where we do not create them, they do, or it raises.

        The error then names the missing one.
        """

    async def ensure_topics(self, topics: Collection[str]) -> None:
        """Return once these topics, one at least, exist and reach the queue of announcements.

        Raises TopicNotDeployedError where we do not create them.
        """

    async def topic_arns(self, topics: Sequence[str]) -> Sequence[str]:
        """Give the ARNs of these topics."""

    async def live_queue(self, name: str, attributes: Mapping[QueueAttributeNameType, str]) -> str:
        """Create one notifier's own queue, which no template can have; return its URL."""


@dataclass(frozen=True, slots=True)
class CreatedTopology:
    """The shop creates what is missing, and sets policies and attributes anew."""

    creates: ClassVar[bool] = True
    clients: AwsClients
    names: Names

    async def queues_exist(self) -> bool:
        """Whether all of them exist; raises ForeignQueueError when one is not ours."""
        async with aws_call("SQS"):
            return await are_provisioned(self.clients.sqs, *self.names.notifier_queues)

    async def ensure_topics(self, topics: Collection[str]) -> None:
        """Create the topics, and the notifier's queues with them."""
        async with aws_call("SQS or SNS", _SECONDS):
            await provision_announcements(self.clients, self.names, topics)

    async def topic_arns(self, topics: Sequence[str]) -> Sequence[str]:
        """Create the topics that are missing: SNS answers with the ARNs of all."""
        create, named = self.clients.sns.create_topic, self.names.topic
        async with aws_call("SNS", _SECONDS):
            made = await asyncio.gather(*(create(Name=named(topic)) for topic in topics))
        return [topic["TopicArn"] for topic in made]

    async def live_queue(self, name: str, attributes: Mapping[QueueAttributeNameType, str]) -> str:
        """Create the queue; raises ForeignQueueError when there is one that is not ours."""
        async with aws_call("SQS", _SECONDS):
            return await put_queue(self.clients.sqs, name, attributes)


@dataclass(frozen=True, slots=True)
class DeployedTopology:
    """Everything but live queues is deployed: it is looked up, never created or changed."""

    creates: ClassVar[bool] = False
    clients: AwsClients
    names: Names

    async def queues_exist(self) -> bool:
        """Return true, or raise an error that names the missing queue."""
        for name in self.names.notifier_queues:
            await queue_url(self.clients.sqs, name)
        return True

    async def ensure_topics(self, topics: Collection[str]) -> None:
        """Raise TopicNotDeployedError unless all of them are there, and subscribed."""
        queue = await self._announcements()
        await asyncio.gather(*(self._check_topic(topic, queue) for topic in topics))

    async def topic_arns(self, topics: Sequence[str]) -> Sequence[str]:
        """Compose the ARNs: topics are in the account and region of the shop's queues."""
        queue = await self._announcements()
        return [topic_arn(queue, self.names.topic(topic)) for topic in topics]

    async def live_queue(self, name: str, attributes: Mapping[QueueAttributeNameType, str]) -> str:
        """Create the queue, or take over that of our killed predecessor."""
        async with aws_call("SQS", _SECONDS):
            return await create_queue(self.clients.sqs, name, attributes)

    async def _announcements(self) -> str:
        url = await queue_url(self.clients.sqs, self.names.announcements)
        async with aws_call("SQS"):
            return await queue_arn(self.clients.sqs, url)

    async def _check_topic(self, topic: str, queue: str) -> None:
        sns, arn = self.clients.sns, topic_arn(queue, self.names.topic(topic))
        try:
            async with aws_call("SNS"):
                if await subscription_of(sns, arn, queue) is not None:
                    return
        except AwsUnavailableError as error:
            if not isinstance(error.__cause__, sns.exceptions.NotFoundException):
                raise
        raise TopicNotDeployedError(topic, self.names)


def new_topology(clients: AwsClients, names: Names, *, creates: bool) -> Topology:
    """Choose by the setting COFFEE_PROVISION."""
    return CreatedTopology(clients, names) if creates else DeployedTopology(clients, names)
