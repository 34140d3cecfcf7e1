"""What no emulator shows of `deploy/data.yaml`; `tests/e2e/least_privilege` deploys it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from shared.aws.bucket import LIFECYCLE
from shared.aws.names import Names
from shared.messages.topics import BUILT_IN_TOPICS
from tests.support.templates import resources

RESOURCES = resources("data.yaml")


def of_type(kind: str) -> dict[str, Any]:
    return {name: found for name, found in RESOURCES.items() if found["Type"] == kind}


QUEUES = of_type("AWS::SQS::Queue")
TOPICS = of_type("AWS::SNS::Topic")
TABLE = RESOURCES["Table"]["Properties"]
_KEPT = ("AWS::SQS::Queue", "AWS::DynamoDB::Table", "AWS::S3::Bucket")
_AS_THEY_ARE = ("NoncurrentVersionExpiration", "AbortIncompleteMultipartUpload")
_TLS_ONLY = {"Bool": {"aws:SecureTransport": "false"}}


@pytest.mark.parametrize("name", [n for n, found in RESOURCES.items() if found["Type"] in _KEPT])
def test_what_holds_data_outlives_its_stack_but_not_a_creation_that_fails(name: str) -> None:
    assert RESOURCES[name]["DeletionPolicy"] == "RetainExceptOnCreate"
    assert RESOURCES[name]["UpdateReplacePolicy"] == "Retain"


def test_the_table_expires_items_is_recoverable_protected_and_warm() -> None:
    assert TABLE["TimeToLiveSpecification"] == {"AttributeName": "expires", "Enabled": True}
    assert TABLE["PointInTimeRecoverySpecification"] == {
        "PointInTimeRecoveryEnabled": True,
        "RecoveryPeriodInDays": 35,
    }
    assert TABLE["DeletionProtectionEnabled"] is True
    assert TABLE["WarmThroughput"] == {"ReadUnitsPerSecond": 12_000, "WriteUnitsPerSecond": 4_000}


def test_all_queues_are_those_of_the_shop_and_one_of_what_sns_could_not_deliver() -> None:
    names = Names("${NamePrefix}")
    assert {queue["Properties"]["QueueName"] for queue in QUEUES.values()} == {
        names.orders,
        names.dead_letters,
        names.photos,
        names.photos_dead_letters,
        *names.notifier_queues,
        names.undelivered,
    }


@pytest.mark.parametrize("queue", QUEUES)
def test_a_queue_is_encrypted_and_open_to_tls_alone(queue: str) -> None:
    assert QUEUES[queue]["Properties"]["SqsManagedSseEnabled"] is True
    (policy,) = (
        found["Properties"]["PolicyDocument"]
        for found in of_type("AWS::SQS::QueuePolicy").values()
        if queue in found["Properties"]["Queues"]
    )
    assert denies_without_tls(policy, "sqs:*")


def denies_without_tls(policy: Any, action: str) -> bool:
    """Whether a policy denies an action to everybody who does not use TLS."""
    statement = policy["Statement"][0]
    who_and_what = (statement["Effect"], statement["Principal"], statement["Action"])
    return who_and_what == ("Deny", "*", action) and statement["Condition"] == _TLS_ONLY


@pytest.mark.parametrize(
    ("queue", "dead_letters"),
    [
        ("Orders", "OrdersDeadLetters"),
        ("Photos", "PhotosDeadLetters"),
        ("Deliveries", "DeliveriesDeadLetters"),
    ],
)
def test_dead_letters_come_from_one_queue_alone(queue: str, dead_letters: str) -> None:
    source, target = QUEUES[queue]["Properties"], QUEUES[dead_letters]["Properties"]
    assert source["RedrivePolicy"]["deadLetterTargetArn"] == f"{dead_letters}.Arn"
    assert target["RedriveAllowPolicy"]["redrivePermission"] == "byQueue"
    (arn,) = target["RedriveAllowPolicy"]["sourceQueueArns"]
    assert arn.endswith(f":{source['QueueName']}")


def test_every_built_in_topic_is_open_to_tls_and_to_roles_alone() -> None:
    names = {topic["Properties"]["TopicName"] for topic in TOPICS.values()}
    assert names == {Names("${NamePrefix}").topic(name) for name in BUILT_IN_TOPICS}
    policy = RESOURCES["TopicsOverTls"]["Properties"]
    assert set(policy["Topics"]) == set(TOPICS)
    assert len(policy["PolicyDocument"]["Statement"]) == 1
    assert denies_without_tls(policy["PolicyDocument"], "sns:Publish")


@pytest.mark.parametrize("topic", TOPICS)
def test_a_topic_reaches_the_announcements_or_what_was_not_delivered(topic: str) -> None:
    (subscription,) = (
        found["Properties"]
        for found in of_type("AWS::SNS::Subscription").values()
        if found["Properties"]["TopicArn"] == topic
    )
    undelivered = {"deadLetterTargetArn": "AnnouncementsUndelivered.Arn"}
    assert subscription["Endpoint"] == "Announcements.Arn"
    assert subscription["RawMessageDelivery"] is True
    assert subscription["RedrivePolicy"] == undelivered


def test_the_bucket_is_open_to_nobody_and_to_tls_alone() -> None:
    bucket = RESOURCES["Bucket"]["Properties"]
    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    policy = RESOURCES["BucketOverTls"]["Properties"]["PolicyDocument"]
    assert denies_without_tls(policy, "s3:*")


def test_the_bucket_ends_what_one_that_a_shop_has_made_ends() -> None:
    rules = RESOURCES["Bucket"]["Properties"]["LifecycleConfiguration"]["Rules"]
    assert rules == [as_in_a_template(rule) for rule in LIFECYCLE]


def as_in_a_template(rule: Mapping[str, Any]) -> Mapping[str, Any]:
    """A rule of S3's API, as CloudFormation writes it."""
    ends = dict(rule.get("Expiration", {}))
    days = {"ExpirationInDays": ends.pop("Days")} if "Days" in ends else {}
    own = {name: rule[name] for name in ("Status", *_AS_THEY_ARE) if name in rule}
    return {"Id": rule["ID"], "Prefix": rule["Filter"]["Prefix"], **own, **days, **ends}


@pytest.mark.parametrize("name", [*QUEUES, *TOPICS, "Table", "Bucket"])
def test_everything_has_the_tag_by_which_its_cost_is_found(name: str) -> None:
    assert RESOURCES[name]["Properties"]["Tags"] == [{"Key": "application", "Value": "coffeeshop"}]
