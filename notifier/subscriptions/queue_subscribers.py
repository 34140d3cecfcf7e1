"""Queues as subscribers: SNS delivers to them itself, raw, by a filter policy."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

import structlog
from botocore.exceptions import ClientError

from notifier.subscriptions.queue_policy import lets_send
from shared.aws.clients import AwsClients
from shared.aws.errors import aws_call
from shared.aws.names import Names
from shared.aws.provisioning import OURS
from shared.domain.subscription import Channel, Filter, Subscription

log = structlog.stdlib.get_logger(__name__)

_QUEUE_ARN = re.compile(r"arn:aws[a-z-]*:sqs:([a-z0-9-]+):([0-9]{12}):([A-Za-z0-9_-]{1,80})")

_NO_QUEUE = "there is no such queue"


class QueueRefusedError(Exception):
    """The queue cannot be subscribed; says why, and what would mend it."""


@dataclass(frozen=True, slots=True)
class _Seen:
    """A queue as far as we look at it."""

    policy: str
    tags: Mapping[str, str]


class QueueSubscribers:
    """Subscribes queues to topics, and takes their subscriptions away again."""

    def __init__(self, clients: AwsClients, names: Names) -> None:
        self._clients = clients
        self._names = names

    async def subscribe(self, subscription: Subscription) -> str:
        """Subscribe a queue as SNS does; return SNS's own ARN. Safe to run again.

        Raises QueueRefusedError, and AwsUnavailableError.
        """
        topic = await self._topic(subscription.topic)
        await self._check_queue(subscription.target, topic)
        sns = self._clients.sns
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
        return subscribed["SubscriptionArn"]

    async def unsubscribe(self, subscription: Subscription) -> None:
        """Take SNS's subscription away, if there is one; raises AwsUnavailableError."""
        arn = subscription.aws_subscription or await self._lost(subscription)
        if arn is not None:
            async with aws_call("SNS"):
                await self._clients.sns.unsubscribe(SubscriptionArn=arn)

    async def _lost(self, subscription: Subscription) -> str | None:
        """Find what SNS has of a queue that was cut off before that was recorded.

        Whoever subscribes a queue again is given the ARN that it has.
        """
        if subscription.channel is not Channel.SQS:
            return None
        with contextlib.suppress(QueueRefusedError):
            return await self.subscribe(subscription)
        return None

    async def _topic(self, name: str) -> str:
        async with aws_call("SNS"):
            answer = await self._clients.sns.create_topic(Name=self._names.topic(name))
        return answer["TopicArn"]

    async def _check_queue(self, queue: str, topic: str) -> None:
        """Make sure that it is somebody's, and that the topic may send to it, where we may look.

        Whoever ended the subscription of a queue of ours would cut the shop off.
        """
        seen = await self._seen(queue)
        if seen is None:
            log.info("queue.not_seen", queue=queue.rpartition(":")[2])
            return
        if OURS.items() <= seen.tags.items():
            raise QueueRefusedError("the queue is one of a coffee shop's own")
        if not lets_send(seen.policy, topic):
            raise QueueRefusedError(
                f"the queue's policy does not let {topic} send to it: allow sns.amazonaws.com "
                "sqs:SendMessage under the condition aws:SourceArn"
            )

    async def _seen(self, queue: str) -> _Seen | None:
        """Look at a queue; none if we may not."""
        match = _QUEUE_ARN.fullmatch(queue)
        if match is None:
            raise QueueRefusedError("this is not the ARN of a standard SQS queue")
        sqs = self._clients.sqs
        _, account, name = match.groups()
        async with aws_call("SQS"):
            try:
                found = await sqs.get_queue_url(QueueName=name, QueueOwnerAWSAccountId=account)
                url = found["QueueUrl"]
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
        return _Seen(attributes.get("Policy", ""), tags)

    async def _tags(self, url: str) -> Mapping[str, str]:
        """Read a queue's tags: only its own account may, whatever its policy says."""
        try:
            return (await self._clients.sqs.list_queue_tags(QueueUrl=url)).get("Tags", {})
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
