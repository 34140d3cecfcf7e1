"""The embedded emulator answers as a plain ministack does, which has a gateway and searches."""

from __future__ import annotations

import itertools
import json
import random
import secrets
from collections.abc import AsyncIterator
from functools import partial
from typing import Any

import pytest

from tests.support.emulator_pair import Pair, opened_pair, receipt_of

ACCOUNT = "000000000000"
ATTRIBUTES = {"kind": {"DataType": "String", "StringValue": "ä & <b>"}}
EVERYTHING: Any = {
    "MaxNumberOfMessages": 10,
    "MessageAttributeNames": ["All"],
    "MessageSystemAttributeNames": ["All"],
}


@pytest.fixture
async def pair(ministack: str, ministack_s3: str) -> AsyncIterator[Pair]:
    async with opened_pair(ministack, ministack_s3) as pair:
        yield pair


@pytest.fixture
def name() -> str:
    return f"a{secrets.token_hex(4)}"


def address(queue: str) -> str:
    return f"http://localhost/{ACCOUNT}/{queue}"


async def create_with_dead_letters(pair: Pair, queue: str, most: int) -> None:
    dead = f"{queue}-dead"
    arn = f"arn:aws:sqs:us-east-1:{ACCOUNT}:{dead}"
    policy = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": most})
    await pair.call("sqs", "create_queue", QueueName=dead)
    await pair.call("sqs", "create_queue", QueueName=queue, Attributes={"RedrivePolicy": policy})


async def test_sends_are_answered_alike(pair: Pair, name: str) -> None:
    await pair.call("sqs", "create_queue", QueueName=name)
    send = partial(pair.call, "sqs", "send_message", QueueUrl=address(name))
    batch = partial(pair.call, "sqs", "send_message_batch", QueueUrl=address(name))
    one = {"Id": "a", "MessageBody": "a", "MessageAttributes": ATTRIBUTES, "MessageGroupId": "g"}

    assert "MessageId" in await send(MessageBody="one", MessageAttributes=ATTRIBUTES)
    assert "Error" in await send(MessageBody="")
    assert "Error" in await send(MessageBody="\0")
    assert "Successful" in await batch(Entries=[one, {"Id": "b", "MessageBody": "b"}])
    assert "Failed" in await batch(Entries=[one, {"Id": "b", "MessageBody": "\0"}])
    assert "Error" in await batch(Entries=[one, one])
    assert "Error" in await batch(Entries=[])
    await pair.call("sqs", "get_queue_attributes", QueueUrl=address(name), AttributeNames=["All"])


async def test_receives_and_deletes_are_answered_alike(pair: Pair, name: str) -> None:
    await pair.call("sqs", "create_queue", QueueName=name)
    call = partial(pair.call, "sqs", QueueUrl=address(name))
    for body in ("a", "b", "c"):
        await call("send_message", MessageBody=body, MessageAttributes=ATTRIBUTES)

    assert len((await call("receive_message", **EVERYTHING))["Messages"]) == 3
    assert "Messages" not in await call("receive_message")
    assert "Error" in await call("receive_message", MaxNumberOfMessages=11)
    entries = [
        {"Id": "0", "ReceiptHandle": receipt_of("a")},
        {"Id": "1", "ReceiptHandle": "unknown"},
        {"Id": "2", "ReceiptHandle": receipt_of("a")},
    ]
    assert len((await call("delete_message_batch", Entries=entries))["Failed"]) == 2
    await call("delete_message", ReceiptHandle=receipt_of("b"))
    assert "Error" in await call("delete_message", ReceiptHandle="unknown")
    assert "Error" in await call("delete_message_batch", Entries=[])
    assert "Error" in await call("delete_message_batch", Entries=[entries[0], entries[0]])
    await call("get_queue_attributes", AttributeNames=["All"])
    assert "Error" in await pair.call("sqs", "get_queue_url", QueueName="nowhere")
    assert "Error" in await pair.call("sqs", "receive_message", QueueUrl=address("nowhere"))


async def test_messages_handed_back_and_given_up_on_are_answered_alike(
    pair: Pair, name: str
) -> None:
    await create_with_dead_letters(pair, name, 2)
    call = partial(pair.call, "sqs", QueueUrl=address(name))
    await call("send_message", MessageBody="a", MessageAttributes=ATTRIBUTES)
    for _ in range(2):
        assert (await call("receive_message", **EVERYTHING))["Messages"]
        entries = [
            {"Id": "0", "ReceiptHandle": receipt_of("a"), "VisibilityTimeout": 0},
            {"Id": "1", "ReceiptHandle": "unknown", "VisibilityTimeout": 5},
        ]
        assert (await call("change_message_visibility_batch", Entries=entries))["Failed"]
    assert "Messages" not in await call("receive_message", **EVERYTHING)
    dead = partial(pair.call, "sqs", QueueUrl=address(f"{name}-dead"))
    assert (await dead("receive_message", **EVERYTHING))["Messages"]
    await dead("change_message_visibility", ReceiptHandle=receipt_of("a"), VisibilityTimeout=0)
    assert (await dead("receive_message", **EVERYTHING))["Messages"]


async def test_fifo_queues_answer_alike(pair: Pair, name: str) -> None:
    queue = f"{name}.fifo"
    await pair.call("sqs", "create_queue", QueueName=queue, Attributes={"FifoQueue": "true"})
    call = partial(pair.call, "sqs", QueueUrl=address(queue))
    for body, group in (("a", "g"), ("b", "g"), ("c", "h"), ("c", "h")):
        ids = {"MessageGroupId": group, "MessageDeduplicationId": body}
        await call("send_message", MessageBody=body, **ids)
    assert (await call("receive_message", **EVERYTHING))["Messages"]
    await call("delete_message", ReceiptHandle=receipt_of("a"))
    await call("receive_message", WaitTimeSeconds=1, **EVERYTHING)


async def test_topics_answer_alike(pair: Pair, name: str) -> None:
    topic = f"arn:aws:sns:us-east-1:{ACCOUNT}:{name}"
    queue = f"arn:aws:sqs:us-east-1:{ACCOUNT}:{name}"
    await pair.call("sqs", "create_queue", QueueName=name)
    await pair.call("sns", "create_topic", Name=name, Tags=[{"Key": "k", "Value": "v"}])
    call = partial(pair.call, "sns", TopicArn=topic)
    ready = '{"state": ["ready"]}'
    filtered = {"FilterPolicy": ready, "FilterPolicyScope": "MessageBody"}
    await call(
        "subscribe",
        Protocol="sqs",
        Endpoint=queue,
        Attributes={"RawMessageDelivery": "true", **filtered},
    )
    assert "Error" in await call("subscribe", Protocol="sqs", Endpoint="nonsense")
    entries = [
        {"Id": "a", "Message": '{"state": "ready"}', "MessageAttributes": ATTRIBUTES},
        {"Id": "b", "Message": '{"state": "placed"}'},
    ]
    assert "Successful" in await call("publish_batch", PublishBatchRequestEntries=entries)
    assert "Error" in await call("publish_batch", PublishBatchRequestEntries=entries[:1] * 2)
    await call("publish", Message='{"state": "ready", "x": "ü+&"}', Subject="ü+&")
    assert "Error" in await pair.call("sns", "publish", TopicArn=f"{topic}-nowhere", Message="x")
    assert (await call("list_subscriptions_by_topic"))["Subscriptions"]
    await call("get_topic_attributes")
    received = await pair.call("sqs", "receive_message", QueueUrl=address(name), **EVERYTHING)
    assert len(received["Messages"]) == 2


async def test_tables_answer_alike(pair: Pair, name: str) -> None:
    call = partial(pair.call, "dynamodb", TableName=name)
    await call(
        "create_table",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    put = {"Item": {"id": {"S": "a"}}, "ConditionExpression": "attribute_not_exists(id)"}
    assert "Error" not in await call("put_item", **put)
    assert "Error" in await call("put_item", **put)
    assert (await call("get_item", Key={"id": {"S": "a"}}))["Item"]
    await pair.call("dynamodb", "get_item", TableName="nowhere", Key={"id": {"S": "a"}})


@pytest.mark.parametrize("seed", range(3))
async def test_a_random_walk_is_answered_alike(pair: Pair, name: str, seed: int) -> None:
    """Messages come, are received, deleted, handed back and given up on, in any order."""
    draw, numbers, sent = random.Random(seed), itertools.count(), list[str]()
    await create_with_dead_letters(pair, name, 3)
    call = partial(pair.call, "sqs", QueueUrl=address(name))
    dead = partial(pair.call, "sqs", QueueUrl=address(f"{name}-dead"))
    for _ in range(150):
        some = draw.sample(sent, min(len(sent), draw.randint(1, 10))) or ["none"]
        named = [{"Id": body, "ReceiptHandle": receipt_of(body)} for body in some]
        step = draw.choice(["send", "send", "receive", "delete", "hand back", "dead letters"])
        if step == "send":
            new = [str(next(numbers)) for _ in range(draw.randint(1, 10))]
            sent += new
            entries = [{"Id": body, "MessageBody": body} for body in new]
            await call("send_message_batch", Entries=entries)
        elif step == "receive":
            most, timeout = draw.randint(1, 10), draw.choice([0, 1000])
            await call("receive_message", MaxNumberOfMessages=most, VisibilityTimeout=timeout)
        elif step == "delete":
            await call("delete_message_batch", Entries=named)
        elif step == "hand back":
            back = [{**entry, "VisibilityTimeout": 0} for entry in named]
            await call("change_message_visibility_batch", Entries=back)
        else:
            await dead("receive_message", MaxNumberOfMessages=10)
