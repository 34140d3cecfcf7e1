"""The AWS clients: bounded in time, and in how often they try again."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from aiohttp import web
from botocore.loaders import JSONFileLoader

from shared.aws.clients import CALL_SECONDS, AwsUnavailableError, aws_clients
from shared.aws.queue import SqsQueue
from shared.runtime.aws_requests import aws_requests
from shared.runtime.settings import ServiceSettings
from tests.support.faults.aws_wire import Answer as WireAnswer
from tests.support.faults.aws_wire import Call
from tests.support.faults.proxy import open_proxy
from tests.support.faults.rules import Faults

Answer = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]


@contextlib.asynccontextmanager
async def sqs_that(answer: Answer) -> AsyncIterator[SqsQueue]:
    """A queue at a server with the given answer."""
    runner = web.ServerRunner(web.Server(answer))
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    async with aws_clients(ServiceSettings(aws_endpoint_url=url)) as clients:
        yield SqsQueue(clients.sqs, f"{url}/000000000000/orders")
    await runner.cleanup()


async def test_the_service_descriptions_are_read_once_for_all_clients_of_a_process(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    read: list[str] = []
    load_file = JSONFileLoader.load_file

    def noted(loader: JSONFileLoader, path: str) -> Any:
        read.append(path)
        return load_file(loader, path)

    monkeypatch.setattr(JSONFileLoader, "load_file", noted)
    settings = ServiceSettings(aws_endpoint_url="http://127.0.0.1:9")
    async with aws_clients(settings):
        read.clear()
        async with aws_clients(settings):
            assert read == []


async def test_a_service_that_only_fails_is_not_hammered_with_retries() -> None:
    requests = 0

    async def failing(_: web.BaseRequest) -> web.StreamResponse:
        nonlocal requests
        requests += 1
        return web.Response(status=500)

    calls = 300
    async with sqs_that(failing) as queue:
        outcomes = await asyncio.gather(
            *(queue.waiting_and_in_flight() for _ in range(calls)), return_exceptions=True
        )
    assert {type(outcome) for outcome in outcomes} == {AwsUnavailableError}
    # botocore's standard mode has 500 tokens for a client, and a retry costs 5.
    assert calls < requests <= calls + 100


async def test_one_failure_is_tried_again_unnoticed() -> None:
    requests = 0

    async def failing_once(request: web.BaseRequest) -> web.StreamResponse:
        nonlocal requests
        requests += 1
        if requests == 1:
            return web.Response(status=503)
        await request.read()
        answer = {"Successful": [{"Id": "0", "MessageId": "a", "MD5OfMessageBody": ANY_DIGEST}]}
        return web.json_response(answer, content_type="application/x-amz-json-1.0")

    async with sqs_that(failing_once) as queue:
        await queue.send("hello")
    assert requests == 2


async def test_a_service_that_never_answers_is_given_up_in_time() -> None:
    asked = asyncio.Event()
    over = asyncio.Event()

    async def silent(_: web.BaseRequest) -> web.StreamResponse:
        asked.set()
        await over.wait()
        return web.Response()

    async with sqs_that(silent) as queue:
        async with asyncio.timeout(CALL_SECONDS + 2):
            with pytest.raises(AwsUnavailableError, match="not answered in time"):
                await queue.send("hello")
        assert asked.is_set()
        over.set()


ANY_DIGEST = "5d41402abc4b2a76b9719d911017c592"
"""The MD5 of "hello", which botocore checks."""


class Witness:
    """Counts what reached the emulator, by action and status."""

    def __init__(self) -> None:
        self.seen: Counter[tuple[str, str]] = Counter()

    async def before(self, _: str, call: Call) -> None:
        """Count nothing yet."""

    async def after(self, _: str, call: Call, answer: WireAnswer) -> None:
        self.seen[call.action, str(answer.status)] += 1


async def test_the_requests_that_are_counted_are_those_that_the_emulator_saw(
    ministack: str,
) -> None:
    witness, counts = Witness(), aws_requests()
    before, billed = counts.answered.copy(), counts.billed
    async with (
        open_proxy("cashier", ministack, Faults(0), witness) as proxy,
        aws_clients(ServiceSettings(aws_endpoint_url=proxy.url)) as clients,
    ):
        queue = (await clients.sqs.create_queue(QueueName="counted"))["QueueUrl"]
        for size in (1, 70_000):
            await clients.sqs.send_message(QueueUrl=queue, MessageBody="x" * size)
        await clients.sqs.receive_message(QueueUrl=queue)
        with pytest.raises(clients.sqs.exceptions.ClientError):
            await clients.sqs.get_queue_url(QueueName="there-is-none")
        topic = (await clients.sns.create_topic(Name="counted"))["TopicArn"]
        await clients.sns.publish(TopicArn=topic, Message="x" * 70_000)
    counted = counts.answered - before
    assert {(what, code): n for (_, what, code), n in counted.items()} == witness.seen
    assert counts.billed.sqs - billed.sqs == witness.seen.total() - 2 + 1
    assert counts.billed.sns - billed.sns == 2 + 1
