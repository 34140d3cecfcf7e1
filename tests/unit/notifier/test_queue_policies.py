"""Whether a queue's policy lets a topic send to it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.subscriptions.queue_policy import allows_sending
from shared.aws.names import Names
from shared.aws.provisioning import publishing_policy, topics_policy

TOPIC = "arn:aws:sns:us-east-1:000000000000:coupons"
QUEUE = "arn:aws:sqs:us-east-1:000000000000:till"
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=10,
)
ACCOUNT = "arn:aws:iam::000000000000:root"


def statement(**changes: Any) -> dict[str, Any]:
    return {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": QUEUE,
        "Condition": {"ArnEquals": {"aws:SourceArn": TOPIC}},
        **changes,
    }


def policy_of(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def policy(**changes: Any) -> str:
    return policy_of(statement(**changes))


def but_denied(**changes: Any) -> str:
    """A policy that lets the topic in, and then denies."""
    return policy_of(statement(), statement(Effect="Deny", **changes))


def source(pattern: str | list[str], operator: str = "ArnLike") -> dict[str, Any]:
    return {"Condition": {operator: {"aws:SourceArn": pattern}}}


@pytest.mark.parametrize(
    "written",
    [
        policy(),
        policy(Action="SQS:SendMessage"),
        policy(Action=["sqs:ReceiveMessage", "sqs:SendMessage"]),
        policy(Action="sqs:*"),
        policy(Condition={}),
        policy(**source("arn:aws:sns:us-east-1:000000000000:*")),
        policy(**source("arn:aws:sns:*:*:coupon?")),
        policy(**source(["arn:aws:sns:us-east-1:000000000000:tea", TOPIC])),
        policy(**source("arn:aws:sns:us-east-1:000000000000:tea", "ArnNotLike")),
        policy(Condition={"StringEquals": {"AWS:SourceArn": TOPIC}}),
        policy(Principal="*"),
        policy(Principal={"AWS": "*"}),
        policy(Principal={"AWS": [ACCOUNT, "*"]}),
        policy(Principal={"Service": ["s3.amazonaws.com", "sns.amazonaws.com"]}),
        policy(Principal={"Service": "sns.af-south-1.amazonaws.com"}),
        policy_of(statement(Action="sqs:ReceiveMessage"), statement()),
        but_denied(Principal={"AWS": ACCOUNT}, Condition={}),
        but_denied(Principal={"Service": "s3.amazonaws.com"}, Condition={}),
        but_denied(Principal="*", Action="sqs:ReceiveMessage", Condition={}),
        but_denied(Principal="*", Condition={"Bool": {"aws:SecureTransport": "false"}}),
        but_denied(Principal="*", **source(TOPIC, "ArnNotEquals")),
        publishing_policy(QUEUE, [TOPIC]),
    ],
)
def test_a_topic_that_is_allowed_may_send(written: str) -> None:
    assert allows_sending(written, TOPIC)


@pytest.mark.parametrize(
    "written",
    [
        "",
        "{}",
        "[]",
        "not JSON",
        policy(Effect="Deny"),
        policy(Action="sqs:ReceiveMessage"),
        policy(**source("arn:aws:sns:us-east-1:000000000000:tea")),
        policy(**source("arn:aws:sns:us-east-1:000000000000:coupon.")),
        policy(**source(TOPIC, "ArnNotEquals")),
        policy(Condition={"StringEquals": {"aws:SourceAccount": "000000000000"}}),
        policy(Condition={"ArnEquals": TOPIC}),
        policy(Condition=[TOPIC]),
        policy(Condition={"StringEquals": {"aws:SourceArn": "arn:aws:sns:*"}}),
        policy(Principal={"AWS": ACCOUNT}, Action="SQS:*", Condition={}),
        policy(Principal={"Service": "s3.amazonaws.com"}),
        policy(Principal={"Service": "sns.amazonaws.com.evil.example"}),
        policy(Principal="sns.amazonaws.com"),
        policy(Principal=None),
        but_denied(),
        but_denied(Principal="*", Action="*", Condition={}),
        but_denied(Principal="*", Action="sqs:Send*", Condition={}),
        but_denied(**source("arn:aws:sns:us-east-1:000000000000:tea", "ArnNotEquals")),
        publishing_policy(QUEUE, [f"{TOPIC}-and-tea"]),
    ],
)
def test_any_other_may_not(written: str) -> None:
    assert not allows_sending(written, TOPIC)


@given(whatever=JSON)
def test_a_policy_that_does_not_parse_allows_nothing(whatever: Any) -> None:
    assert not allows_sending(json.dumps({"Statement": [{"Effect": whatever}, whatever]}), TOPIC)
    for part in ("Condition", "Principal", "Action"):
        allows_sending(policy(**{part: whatever}), TOPIC)


@pytest.mark.parametrize("prefix", ["", "north-"])
def test_the_shops_own_queues_let_in_all_of_its_topics_and_no_others(prefix: str) -> None:
    here = "arn:aws:sns:us-east-1:000000000000"
    written = topics_policy(QUEUE, Names(prefix))
    assert all(allows_sending(written, f"{here}:{prefix}topic-{number}") for number in range(1000))
    for other in (here.replace("east", "west"), here.replace("0" * 12, "1" * 12)):
        assert not allows_sending(written, f"{other}:{prefix}coupons")
    assert allows_sending(written, f"{here}:south-coupons") is (prefix == "")
