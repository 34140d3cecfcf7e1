"""What a stack has made, or a shop for itself: told without its names, to compare the two."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from shared.aws.clients import AwsClients
from shared.aws.names import Names
from shared.messages.topics import BUILT_IN_TOPICS
from tests.e2e.least_privilege.calls import ACCOUNT, REGION


async def queues_of(clients: AwsClients, names: Names) -> Mapping[str, Any]:
    """How long each queue hides and keeps messages, and what it gives up on."""
    queues = (names.orders, names.dead_letters, names.photos, names.photos_dead_letters)
    return {
        name.removeprefix(names.prefix): await _queue(clients, name, names.prefix)
        for name in (*queues, *names.notifier_queues)
    }


async def _queue(clients: AwsClients, name: str, prefix: str) -> Mapping[str, Any]:
    url = (await clients.sqs.get_queue_url(QueueName=name))["QueueUrl"]
    answer = await clients.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])
    found: Mapping[str, str] = answer["Attributes"]  # type: ignore[assignment]  # by literals
    redrive = json.loads(found.get("RedrivePolicy", "{}"))
    return {
        "hidden": found["VisibilityTimeout"],
        "kept": found["MessageRetentionPeriod"],
        "receives": str(redrive.get("maxReceiveCount")),
        "dead letters": redrive.get("deadLetterTargetArn", "").rpartition(f":{prefix}")[2],
    }


async def subscriptions_of(clients: AwsClients, names: Names) -> Mapping[str, Any]:
    """To which queue each topic sends, and how."""
    found = {}
    for topic in BUILT_IN_TOPICS:
        arn = f"arn:aws:sns:{REGION}:{ACCOUNT}:{names.topic(topic)}"
        answer = await clients.sns.list_subscriptions_by_topic(TopicArn=arn)
        (subscription,) = answer["Subscriptions"]
        attributes = (
            await clients.sns.get_subscription_attributes(
                SubscriptionArn=subscription["SubscriptionArn"]
            )
        )["Attributes"]
        queue = subscription["Endpoint"].rpartition(f":{names.prefix}")[2]
        found[topic] = (queue, attributes["RawMessageDelivery"])
    return found


async def table_of(clients: AwsClients, name: str) -> Mapping[str, Any]:
    """The keys and indexes of a table, and how it is billed."""
    assert clients.dynamodb is not None
    found = (await clients.dynamodb.describe_table(TableName=name))["Table"]
    indexes = found["GlobalSecondaryIndexes"]
    return {
        "attributes": {each["AttributeName"] for each in found["AttributeDefinitions"]},
        "key": found["KeySchema"],
        "indexes": {each["IndexName"]: (each["KeySchema"], each["Projection"]) for each in indexes},
        "billing": found["BillingModeSummary"]["BillingMode"],
    }


async def bucket_of(clients: AwsClients, name: str, prefix: str) -> Mapping[str, Any]:
    """What a bucket keeps, forbids, lets browsers do and tells whom; how long, it does not show."""
    s3 = clients.s3
    assert s3 is not None
    cors = (await s3.get_bucket_cors(Bucket=name))["CORSRules"]
    told = await s3.get_bucket_notification_configuration(Bucket=name)
    return {
        "versions": (await s3.get_bucket_versioning(Bucket=name))["Status"],
        "forbids": (await s3.get_public_access_block(Bucket=name))[
            "PublicAccessBlockConfiguration"
        ],
        "browsers": [(each["ID"], each["AllowedMethods"], each["ExposeHeaders"]) for each in cors],
        "tells": [
            (each["QueueArn"].rpartition(f":{prefix}")[2], each["Events"], _of(each["Filter"]))
            for each in told["QueueConfigurations"]
        ],
    }


def _of(notified: Any) -> list[tuple[str, str]]:
    return [(rule["Name"].lower(), rule["Value"]) for rule in notified["Key"]["FilterRules"]]
