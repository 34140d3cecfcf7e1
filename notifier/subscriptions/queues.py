"""Queues as subscribers: SNS delivers to them itself, raw, by a filter policy."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

import structlog
from botocore.exceptions import ClientError

from shared.aws.clients import AwsClients
from shared.aws.errors import reaching
from shared.aws.names import Names
from shared.domain.subscription import Filter, Subscription

log = structlog.stdlib.get_logger(__name__)

_QUEUE_ARN = re.compile(r"arn:aws[a-z-]*:sqs:([a-z0-9-]+):([0-9]{12}):([A-Za-z0-9_-]{1,80})")

_MATCHING = frozenset({"arnequals", "arnlike", "stringequals", "stringlike"})
"""The operators of a condition that is met by what it names."""


class QueueRefusedError(Exception):
    """The queue cannot be subscribed; says why, and what would mend it."""


class QueueSubscribers:
    """Subscribes queues to topics, and takes their subscriptions away again."""

    def __init__(self, clients: AwsClients, names: Names) -> None:
        self._clients = clients
        self._names = names

    async def subscribe(self, subscription: Subscription) -> str:
        """Subscribe a queue as SNS does; return SNS's own ARN. Safe to run again.

        Raises QueueRefusedError, and AwsUnavailableError.
        """
        match = _QUEUE_ARN.fullmatch(subscription.target)
        if match is None:
            raise QueueRefusedError("this is not the ARN of a standard SQS queue")
        async with reaching("SNS"):
            answer = await self._clients.sns.create_topic(
                Name=self._names.topic(subscription.topic)
            )
            topic = answer["TopicArn"]
        await self._check_policy(match, subscription.target, topic)
        sns = self._clients.sns
        async with reaching("SNS"):
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
        """Take SNS's subscription away; raises AwsUnavailableError."""
        if subscription.aws_subscription is not None:
            async with reaching("SNS"):
                await self._clients.sns.unsubscribe(SubscriptionArn=subscription.aws_subscription)

    async def _check_policy(self, parts: re.Match[str], queue: str, topic: str) -> None:
        """Make sure that the topic may send to the queue, as far as we may look."""
        sqs = self._clients.sqs
        _, account, name = parts.groups()
        async with reaching("SQS"):
            try:
                url = (await sqs.get_queue_url(QueueName=name, QueueOwnerAWSAccountId=account))[
                    "QueueUrl"
                ]
                answer = await sqs.get_queue_attributes(
                    QueueUrl=url, AttributeNames=["Policy", "QueueArn"]
                )
            except sqs.exceptions.QueueDoesNotExist:
                raise QueueRefusedError("there is no such queue") from None
            except ClientError as error:
                if error.response.get("Error", {}).get("Code", "") not in {
                    "AccessDenied",
                    "AccessDeniedException",
                }:
                    raise
                log.info("queue.policy_not_seen", queue=name)
                return
        attributes = answer.get("Attributes", {})
        if attributes.get("QueueArn") != queue:
            raise QueueRefusedError("there is no such queue")
        if not lets_send(attributes.get("Policy", ""), topic):
            raise QueueRefusedError(
                f"the queue's policy does not let {topic} send to it: allow sns.amazonaws.com "
                "sqs:SendMessage under the condition aws:SourceArn"
            )


def lets_send(policy: str, topic: str) -> bool:
    """Tell whether a queue's policy has a statement that lets a topic send to it.

    It is read as SNS's own documentation writes it ("Granting permissions to Amazon SNS to send
    messages to the queue"), with the topic's ARN or a pattern of it as the source.
    """
    try:
        statements = json.loads(policy)["Statement"]
    except (ValueError, KeyError, TypeError):
        return False
    listed = statements if isinstance(statements, list) else [statements]
    return any(_allows(one, topic) for one in listed if isinstance(one, dict))


def _allows(statement: Mapping[str, Any], topic: str) -> bool:
    actions = {action.lower() for action in _texts(statement.get("Action"))}
    sources = [
        source
        for operator, condition in _entries(statement.get("Condition"))
        if operator.lower() in _MATCHING
        for key, values in _entries(condition)
        if key.lower() == "aws:sourcearn"
        for source in _texts(values)
    ]
    return (
        statement.get("Effect") == "Allow"
        and bool(actions & {"sqs:sendmessage", "sqs:*", "*"})
        and (not statement.get("Condition") or any(_is_like(topic, s) for s in sources))
    )


def _entries(value: object) -> Iterable[tuple[str, Any]]:
    return value.items() if isinstance(value, dict) else ()


def _texts(value: object) -> Iterable[str]:
    if isinstance(value, str):
        return [value]
    return [text for text in value if isinstance(text, str)] if isinstance(value, list) else []


def _is_like(arn: str, pattern: str) -> bool:
    parts = (re.escape(part).replace(r"\?", ".") for part in pattern.split("*"))
    return re.fullmatch(".*".join(parts), arn) is not None


def _attributes(wanted: Filter) -> dict[str, str]:
    policy = {"type": sorted(wanted.types), "order_id": sorted(wanted.order_ids)}
    given = {attribute: values for attribute, values in policy.items() if values}
    attributes = {"RawMessageDelivery": "true"}
    return {**attributes, "FilterPolicy": json.dumps(given)} if given else attributes
