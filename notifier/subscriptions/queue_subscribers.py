"""Queues as subscribers: SNS delivers to them directly, raw, with a filter policy."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

import structlog
from botocore.exceptions import ClientError

from notifier.subscriptions.queue_policy import allows_sending
from shared.aws.clients import AwsClients, aws_call
from shared.aws.names import Names, queue_arn_beside
from shared.aws.provisioning import OURS
from shared.aws.topology import Topology
from shared.domain.subscription import Channel, Filter, Subscription

log = structlog.stdlib.get_logger(__name__)

_QUEUE_ARN = re.compile(r"arn:aws[a-z-]*:sqs:([a-z0-9-]+):([0-9]{12}):([A-Za-z0-9_-]{1,80})")

_NO_QUEUE = "there is no such queue"
_NOT_DEPLOYED = "the topic is not deployed"
_OUR_OWN = "the queue is one of a coffee shop's own"


class QueueRefusedError(Exception):
    """The queue cannot be subscribed; the message gives the reason and the remedy."""


@dataclass(frozen=True, slots=True)
class _Queue:
    """What is read of a queue."""

    policy: str
    tags: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class QueueSubscribers:
    """Subscribes queues to topics, and unsubscribes them."""

    clients: AwsClients
    names: Names
    topology: Topology

    async def subscribe(self, subscription: Subscription) -> str:
        """Subscribe a queue at SNS; return the ARN of SNS's subscription. Safe to run again.

        Raises QueueRefusedError, and AwsUnavailableError.
        """
        (topic,) = await self.topology.topic_arns([subscription.topic])
        await self._check_queue(subscription.target, topic)
        sns = self.clients.sns
        async with aws_call("SNS"):
            try:
                subscribed = await sns.subscribe(
                    TopicArn=topic,
                    Protocol="sqs",
                    Endpoint=subscription.target,
                    Attributes=_attributes(subscription.filter),
                    ReturnSubscriptionArn=True,
                )
            except sns.exceptions.InvalidParameterException:
                raise QueueRefusedError(
                    "SNS refuses it: the queue may be subscribed already, with another filter"
                ) from None
            except sns.exceptions.NotFoundException:
                if self.topology.creates:
                    raise
                raise QueueRefusedError(_NOT_DEPLOYED) from None
        return subscribed["SubscriptionArn"]

    async def unsubscribe(self, subscription: Subscription) -> None:
        """Remove SNS's subscription, if there is one; raises AwsUnavailableError."""
        arn = subscription.aws_subscription or await self._unrecorded(subscription)
        if arn is not None:
            async with aws_call("SNS"):
                await self.clients.sns.unsubscribe(SubscriptionArn=arn)

    async def _unrecorded(self, subscription: Subscription) -> str | None:
        """Find SNS's subscription of a queue when a crash came before it was recorded.

        Subscribing a queue again returns the ARN that it has.
        """
        if subscription.channel is not Channel.SQS:
            return None
        with contextlib.suppress(QueueRefusedError):
            return await self.subscribe(subscription)
        return None

    async def _check_queue(self, queue: str, topic: str) -> None:
        """Refuse the shop's own queues, and those that the topic may not send to.

        Ending the subscription of a queue of ours would cut the shop off. A queue that we may not
        read is not checked.
        """
        name = queue.rpartition(":")[2]
        if queue_arn_beside(topic, name) == queue and self.names.is_own(name):
            raise QueueRefusedError(_OUR_OWN)
        found = await self._read(queue)
        if found is None:
            log.info("queue.not_readable", queue=queue.rpartition(":")[2])
            return
        if OURS.items() <= found.tags.items():
            raise QueueRefusedError(_OUR_OWN)
        if not allows_sending(found.policy, topic):
            raise QueueRefusedError(
                f"the queue's policy does not let {topic} send to it: allow sns.amazonaws.com "
                "sqs:SendMessage under the condition aws:SourceArn"
            )

    async def _read(self, queue: str) -> _Queue | None:
        """Read a queue's policy and tags; None if we may not."""
        match = _QUEUE_ARN.fullmatch(queue)
        if match is None:
            raise QueueRefusedError("this is not the ARN of a standard SQS queue")
        sqs = self.clients.sqs
        _, account, name = match.groups()
        async with aws_call("SQS"):
            try:
                url = (await sqs.get_queue_url(QueueName=name, QueueOwnerAWSAccountId=account))[
                    "QueueUrl"
                ]
                answer = await sqs.get_queue_attributes(
                    QueueUrl=url, AttributeNames=["Policy", "QueueArn"]
                )
                tags = await self._tags(url)
            except sqs.exceptions.QueueDoesNotExist:
                raise QueueRefusedError(_NO_QUEUE) from None
            except ClientError as error:
                if _is_denied(error):
                    return None
                raise
        attributes = answer.get("Attributes", {})
        if attributes.get("QueueArn") != queue:
            raise QueueRefusedError(_NO_QUEUE)
        return _Queue(attributes.get("Policy", ""), tags)

    async def _tags(self, url: str) -> Mapping[str, str]:
        """Read a queue's tags, which only its own account may, whatever its policy says.

        None where the shop has not tagged its queues.
        """
        if not self.topology.creates:
            return {}
        try:
            return (await self.clients.sqs.list_queue_tags(QueueUrl=url)).get("Tags", {})
        except ClientError as error:
            if _is_denied(error):
                return {}
            raise


def _is_denied(error: ClientError) -> bool:
    codes = {"AccessDenied", "AccessDeniedException"}
    return error.response.get("Error", {}).get("Code", "") in codes


def _attributes(wanted: Filter) -> dict[str, str]:
    policy = {"type": sorted(wanted.types), "order_id": sorted(wanted.order_ids)}
    given = {attribute: values for attribute, values in policy.items() if values}
    attributes = {"RawMessageDelivery": "true"}
    return {**attributes, "FilterPolicy": json.dumps(given)} if given else attributes
