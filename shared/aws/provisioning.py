"""Creates missing queues and topics. Safe to run again, and concurrently."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from shared.aws.clients import AwsClients, AwsUnavailableError, aws_call
from shared.aws.names import Names, queue_arn_beside, topic_arn
from shared.messages.announcement import ORDER_EVENTS
from shared.messages.topics import BUILT_IN_TOPICS
from shared.runtime.startup import StartupError

if TYPE_CHECKING:
    from types_aiobotocore_sns import SNSClient
    from types_aiobotocore_sqs import SQSClient
    from types_aiobotocore_sqs.literals import QueueAttributeNameType

MAX_RECEIVE_COUNT = 5
"""SQS dead-letters a ticket that was received so often without being deleted."""

MOST_RECEIVES = 1000
"""The highest that SQS takes: the delivery log and the photo worker give up, not SQS."""

_RETENTION: Mapping[QueueAttributeNameType, str] = MappingProxyType(
    {"MessageRetentionPeriod": str(14 * 24 * 3600)}
)
"""The longest that SQS keeps a message: 14 days."""

_RESTORE_SECONDS = 10

OURS: Mapping[str, str] = MappingProxyType({"application": "coffeeshop"})
"""The tag of the queues that a coffee shop has created."""


class ForeignQueueError(StartupError):
    """A queue of that name exists already, and was not created by a coffee shop."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"There is a queue {name!r} already that no coffee shop made; it is left alone. "
            "Set COFFEE_NAME_PREFIX to keep the names apart."
        )


async def provision(clients: AwsClients, names: Names) -> list[str]:
    """Create the queues, the first topics and their subscriptions; return the ARNs."""
    return [
        *await _provision_tickets(clients.sqs, names),
        *await _provision_photos(clients.sqs, names),
        *await provision_announcements(clients, names, BUILT_IN_TOPICS),
    ]


async def restore_tickets(clients: AwsClients, names: Names) -> None:
    """Create the queues of tickets and photos, once a notifier has those of announcements.

    Raises AwsUnavailableError before that: an announcement would reach nobody.
    """
    async with aws_call("SQS or SNS", _RESTORE_SECONDS):
        if not await _announcements_are_subscribed(clients, names):
            raise AwsUnavailableError("the announcements' queue is not subscribed yet")
        await _provision_photos(clients.sqs, names)
        await _provision_tickets(clients.sqs, names)


async def _provision_tickets(sqs: SQSClient, names: Names) -> list[str]:
    dead_letters = await ensure_queue(sqs, names.dead_letters, _RETENTION)
    redrive = _redrive_to(dead_letters, MAX_RECEIVE_COUNT)
    orders = await ensure_queue(sqs, names.orders, {**_RETENTION, **redrive})
    return [orders, dead_letters]


async def _provision_photos(sqs: SQSClient, names: Names) -> list[str]:
    dead_letters = await ensure_queue(sqs, names.photos_dead_letters, _RETENTION)
    redrive = _redrive_to(dead_letters, MOST_RECEIVES)
    photos = await ensure_queue(sqs, names.photos, {**_RETENTION, **redrive})
    return [photos, dead_letters]


async def _announcements_are_subscribed(clients: AwsClients, names: Names) -> bool:
    url = (await clients.sqs.get_queue_url(QueueName=names.announcements))["QueueUrl"]
    queue = await queue_arn(clients.sqs, url)
    topic = topic_arn(queue, names.topic(ORDER_EVENTS))
    return await subscription_of(clients.sns, topic, queue) is not None


async def provision_announcements(
    clients: AwsClients, names: Names, topics: Iterable[str]
) -> list[str]:
    """Create these topics, one at least, and the queues that their announcements go through.

    Returns their ARNs; safe to run again, for instance with another topic.
    """
    sqs, sns = clients.sqs, clients.sns
    dead_letters = await ensure_queue(sqs, names.deliveries_dead_letters, _RETENTION)
    redrive = _redrive_to(dead_letters, MOST_RECEIVES)
    deliveries = await ensure_queue(sqs, names.deliveries, {**_RETENTION, **redrive})
    arns = [(await sns.create_topic(Name=names.topic(name)))["TopicArn"] for name in topics]
    policy = topics_policy(queue_arn_beside(arns[0], names.announcements), names)
    announcements = await ensure_queue(sqs, names.announcements, {**_RETENTION, "Policy": policy})
    for arn in arns:
        await subscribe_queue(sns, arn, announcements)
    return [announcements, deliveries, dead_letters, *arns]


async def ensure_queue(
    sqs: SQSClient, name: str, attributes: Mapping[QueueAttributeNameType, str]
) -> str:
    """Create a queue, or change it, as `put_queue` does; return its ARN."""
    return await queue_arn(sqs, await put_queue(sqs, name, attributes))


async def put_queue(
    sqs: SQSClient, name: str, attributes: Mapping[QueueAttributeNameType, str]
) -> str:
    """Create a queue, or set the attributes of the existing one; return its URL.

    Raises ForeignQueueError when the existing one is not ours.
    """
    try:
        url = (await sqs.get_queue_url(QueueName=name))["QueueUrl"]
    except sqs.exceptions.QueueDoesNotExist:
        return await create_queue(sqs, name, attributes, tags=OURS)
    await _refuse_foreign(sqs, name, url)
    await sqs.set_queue_attributes(QueueUrl=url, Attributes=dict(attributes))
    return url


async def create_queue(
    sqs: SQSClient,
    name: str,
    attributes: Mapping[QueueAttributeNameType, str],
    *,
    tags: Mapping[str, str] | None = None,
) -> str:
    """Create a queue whole, in one call: what is set later takes up to 60 s to come into force.

    (SQS: `SetQueueAttributes`.) One that exists with other attributes is given these. Returns its
    URL.
    """
    try:
        tagged: Any = {"tags": dict(tags)} if tags else {}  # a tag is a right more
        created = await sqs.create_queue(QueueName=name, Attributes=dict(attributes), **tagged)
    except sqs.exceptions.QueueNameExists:
        url = (await sqs.get_queue_url(QueueName=name))["QueueUrl"]
        await sqs.set_queue_attributes(QueueUrl=url, Attributes=dict(attributes))
        return url
    return created["QueueUrl"]


async def queue_url(sqs: SQSClient, name: str) -> str:
    """Look up a queue's URL; raises AwsUnavailableError, which names a queue that is missing."""
    async with aws_call("SQS"):
        try:
            return (await sqs.get_queue_url(QueueName=name))["QueueUrl"]
        except sqs.exceptions.QueueDoesNotExist as error:
            raise AwsUnavailableError(f"there is no queue {name!r} yet") from error


async def are_provisioned(sqs: SQSClient, *queues: str) -> bool:
    """Return whether all these queues exist.

    Raises ForeignQueueError when one of them is not ours.
    """
    try:
        for name in queues:
            url = (await sqs.get_queue_url(QueueName=name))["QueueUrl"]
            await _refuse_foreign(sqs, name, url)
    except sqs.exceptions.QueueDoesNotExist:
        return False
    return True


async def _refuse_foreign(sqs: SQSClient, name: str, url: str) -> None:
    tags = (await sqs.list_queue_tags(QueueUrl=url)).get("Tags", {})
    if not OURS.items() <= tags.items():
        raise ForeignQueueError(name)


def _redrive_to(dead_letters: str, receives: int) -> Mapping[QueueAttributeNameType, str]:
    policy = {"deadLetterTargetArn": dead_letters, "maxReceiveCount": receives}
    return {"RedrivePolicy": json.dumps(policy)}


async def queue_arn(sqs: SQSClient, url: str) -> str:
    """Look up the ARN of a queue."""
    answer = await sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    return answer["Attributes"]["QueueArn"]


async def subscribe_queue(sns: SNSClient, topic: str, queue: str) -> str:
    """Subscribe a queue to a topic, with raw delivery; return the subscription's ARN.

    All three are ARNs. The queue's policy must allow the topic to send to it. A subscription that
    somebody else made, with attributes of their own such as a RedrivePolicy, stays as it is.
    """
    try:
        answer = await sns.subscribe(
            TopicArn=topic,
            Protocol="sqs",
            Endpoint=queue,
            Attributes={"RawMessageDelivery": "true"},
            ReturnSubscriptionArn=True,
        )
    except sns.exceptions.InvalidParameterException:  # "already exists with different attributes"
        existing = await subscription_of(sns, topic, queue)
        if existing is None:
            raise
        return existing
    return answer["SubscriptionArn"]


async def subscription_of(sns: SNSClient, topic: str, queue: str) -> str | None:
    """Find a queue's subscription to a topic, and return its ARN; None when there is none."""
    pages = sns.get_paginator("list_subscriptions_by_topic").paginate(TopicArn=topic)
    async for page in pages:
        for found in page["Subscriptions"]:
            if found.get("Endpoint") == queue:
                return found.get("SubscriptionArn")
    return None


def topics_policy(queue: str, names: Names) -> str:
    """Write the policy of a queue of ours: all topics behind the shop's prefix may send to it.

    One pattern, since a policy may be 8 KB long, and is written while topics are added. It names
    the queue's own account and region.
    """
    return publishing_policy(queue, [topic_arn(queue, names.topic("*"))])


def publishing_policy(queue: str, topics: Iterable[str]) -> str:
    """Write the policy that lets only these topics send to a queue; all are ARNs or patterns."""
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": queue,
        "Condition": {"ArnLike": {"aws:SourceArn": sorted(topics)}},
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})
