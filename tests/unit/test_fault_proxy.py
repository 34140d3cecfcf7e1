"""The proxy does to requests what the rules say, as a real AWS client and emulator find it."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest
import pytest_asyncio
from aiobotocore.config import AioConfig
from aiobotocore.session import get_session
from botocore.exceptions import (
    ClientError,
    ConnectionClosedError,
    EndpointConnectionError,
)

from shared.aws.clients import AwsClients, aws_clients
from shared.aws.provisioning import ensure_queue, publishing_policy, subscribe_queue
from shared.runtime.settings import ServiceSettings
from tests.support.emulator import CREDENTIALS
from tests.support.faults.aws_wire import Answer, Call
from tests.support.faults.holds import Moment
from tests.support.faults.proxy import Proxy, open_proxy
from tests.support.faults.rules import (
    Delay,
    Drop,
    Fail,
    FailEntries,
    Faults,
    LoseAnswer,
    Redeliver,
    Repeat,
    Rule,
    Silence,
    Throttle,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")

LOST = (ConnectionClosedError, EndpointConnectionError)


@dataclass
class Onlooker:
    """Counts what takes effect."""

    effects: list[str] = field(default_factory=list)

    async def before(self, _: str, call: Call) -> None:
        self.effects.append(call.action)

    async def after(self, _: str, call: Call, answer: Answer) -> None:
        assert answer.status == 200, (call, answer)


@dataclass
class Bench:
    """A queue and a topic, reached directly and through a proxy."""

    direct: AwsClients
    through: AwsClients
    proxy: Proxy
    faults: Faults
    onlooker: Onlooker
    queue: str
    topic: str

    async def send(self, *bodies: str) -> set[str]:
        """Send through the proxy; give what is said to have failed."""
        entries = [{"Id": str(n), "MessageBody": body} for n, body in enumerate(bodies)]
        answer = await self.through.sqs.send_message_batch(QueueUrl=self.queue, Entries=entries)  # type: ignore[arg-type]
        return {bodies[int(failed["Id"])] for failed in answer.get("Failed", [])}

    async def publish(self, *bodies: str) -> set[str]:
        """Publish through the proxy; give what is said to have failed."""
        entries = [{"Id": str(n), "Message": body} for n, body in enumerate(bodies)]
        answer = await self.through.sns.publish_batch(
            TopicArn=self.topic,
            PublishBatchRequestEntries=entries,  # type: ignore[arg-type]
        )
        return {bodies[int(failed["Id"])] for failed in answer.get("Failed", [])}

    async def arrived(self) -> list[str]:
        """Take what has arrived at the queue."""
        bodies: list[str] = []
        while messages := (
            await self.direct.sqs.receive_message(QueueUrl=self.queue, MaxNumberOfMessages=10)
        ).get("Messages"):
            bodies += [message["Body"] for message in messages]
        return sorted(bodies)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def direct(ministack: str) -> AsyncIterator[AwsClients]:
    """Clients that know nothing of a proxy."""
    async with aws_clients(ServiceSettings(aws_endpoint_url=ministack)) as clients:
        yield clients


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def line(ministack: str) -> AsyncIterator[tuple[Proxy, Faults, Onlooker]]:
    """A proxy, its faults, and an observer of its calls."""
    faults, onlooker = Faults(1), Onlooker()
    async with open_proxy("bench", ministack, faults, onlooker) as proxy:
        yield proxy, faults, onlooker


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def through(line: tuple[Proxy, Faults, Onlooker]) -> AsyncIterator[AwsClients]:
    """Clients behind the proxy, which try everything once."""
    session = get_session()
    session.set_default_client_config(AioConfig(retries={"total_max_attempts": 1}, read_timeout=2))
    common: dict[str, Any] = {
        "region_name": "us-east-1",
        "endpoint_url": line[0].url,
        "aws_access_key_id": CREDENTIALS.access_key_id,
        "aws_secret_access_key": CREDENTIALS.secret_access_key,
    }
    async with (
        session.create_client("sqs", **common) as sqs,
        session.create_client("sns", **common) as sns,
    ):
        yield AwsClients(sqs, sns, None)


@pytest_asyncio.fixture(loop_scope="module")
async def bench(
    direct: AwsClients, through: AwsClients, line: tuple[Proxy, Faults, Onlooker]
) -> Bench:
    proxy, faults, onlooker = line
    faults.set()
    onlooker.effects.clear()
    name = f"bench-{secrets.token_hex(4)}"
    arn = await ensure_queue(direct.sqs, name, {})
    queue = (await direct.sqs.get_queue_url(QueueName=name))["QueueUrl"]
    topic = (await direct.sns.create_topic(Name=name))["TopicArn"]
    await direct.sqs.set_queue_attributes(
        QueueUrl=queue, Attributes={"Policy": publishing_policy(arn, [topic])}
    )
    await subscribe_queue(direct.sns, topic, arn)
    return Bench(direct, through, proxy, faults, onlooker, queue, topic)


async def test_without_rules_everything_goes_through(bench: Bench) -> None:
    assert await bench.send("a", "b") == set()
    assert await bench.publish("c") == set()
    assert await bench.arrived() == ["a", "b", "c"]
    assert bench.onlooker.effects == ["SendMessageBatch", "PublishBatch"]


async def test_a_dropped_request_has_no_effect(bench: Bench) -> None:
    bench.faults.set(Rule("SendMessageBatch", Drop()))
    with pytest.raises(LOST):
        await bench.send("a")
    assert await bench.arrived() == []


async def test_a_request_whose_answer_is_lost_has_its_effect(bench: Bench) -> None:
    bench.faults.set(Rule("SendMessageBatch", LoseAnswer()))
    with pytest.raises(LOST):
        await bench.send("a")
    assert await bench.arrived() == ["a"]


@pytest.mark.parametrize(
    ("fault", "status", "code"),
    [(Fail(503, "ServiceUnavailable"), 503, "ServiceUnavailable"), (Throttle(), 400, "Throttling")],
    ids=["5xx", "throttle"],
)
async def test_errors_have_the_format_of_each_protocol(
    bench: Bench, fault: Fail | Throttle, status: int, code: str
) -> None:
    bench.faults.set(Rule("*", fault))
    for call in (bench.send, bench.publish):
        with pytest.raises(ClientError) as refused:
            await call("a")
        assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == status
        assert refused.value.response["Error"]["Code"].startswith(code)
    assert await bench.arrived() == []


async def test_a_delayed_request_arrives_later(bench: Bench) -> None:
    bench.faults.set(Rule("SendMessageBatch", Delay(0.3)))
    began = time.monotonic()
    await bench.send("a")
    assert time.monotonic() - began >= 0.3
    assert await bench.arrived() == ["a"]


async def test_a_silent_server_never_answers(bench: Bench) -> None:
    bench.faults.set(Rule("SendMessageBatch", Silence()))
    sending = asyncio.create_task(bench.send("a"))
    with pytest.raises(Exception, match="Read timeout"):
        await sending
    assert await bench.arrived() == []


async def test_a_repeated_request_takes_effect_twice(bench: Bench) -> None:
    bench.faults.set(Rule("SendMessageBatch", Repeat(2)))
    await bench.send("a")
    assert await bench.arrived() == ["a", "a"]


async def test_entries_that_fail_do_not_arrive_and_the_others_do(bench: Bench) -> None:
    bench.faults.set(Rule("*Batch", FailEntries()))
    bodies = [f"{position}" for position in range(10)]
    failed = await bench.send(*bodies)
    assert 1 <= len(failed) <= 9
    assert await bench.arrived() == sorted(set(bodies) - failed)
    failed = await bench.publish(*bodies)
    assert 1 <= len(failed) <= 9
    assert await bench.arrived() == sorted(set(bodies) - failed)


async def test_every_message_is_delivered_three_times_and_in_another_order(bench: Bench) -> None:
    bench.faults.set(Rule("ReceiveMessage", Redeliver(3)))
    bodies = [f"{position}" for position in range(10)]
    await bench.send(*bodies)
    received: list[str] = []
    while len(received) < 30:
        answer = await bench.through.sqs.receive_message(
            QueueUrl=bench.queue, MaxNumberOfMessages=4
        )
        assert 1 <= len(answer["Messages"]) <= 4
        received += [message["Body"] for message in answer["Messages"]]
    assert sorted(received) == sorted(bodies * 3)
    assert received != bodies * 3


async def test_a_proxy_that_is_shut_is_an_emulator_that_is_down(bench: Bench) -> None:
    await bench.send("a")
    bench.proxy.shut()
    with pytest.raises(LOST):
        await bench.send("b")
    await bench.proxy.open()
    await bench.send("c")
    assert await bench.arrived() == ["a", "c"]


@pytest.mark.parametrize(("moment", "effect"), [(Moment.BEFORE, 0), (Moment.AFTER, 1)])
async def test_a_request_can_be_held_before_its_effect_or_after(
    bench: Bench, moment: Moment, effect: int
) -> None:
    held = bench.proxy.hold("SendMessageBatch", moment, b"second")
    await bench.send("first")
    sending = asyncio.create_task(bench.send("second"))
    await held.reached()
    assert len(bench.onlooker.effects) == 1 + effect
    held.release()
    await sending
    assert await bench.arrived() == ["first", "second"]


async def test_a_held_request_can_be_made_as_if_it_had_never_been_sent(bench: Bench) -> None:
    held = bench.proxy.hold("SendMessageBatch", Moment.BEFORE)
    sending = asyncio.create_task(bench.send("a"))
    await held.reached()
    held.discard()
    with pytest.raises(LOST):
        await sending
    assert await bench.arrived() == []
