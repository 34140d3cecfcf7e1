"""Queues of the embedded emulator: long polls that are woken, and a backlog that costs nothing."""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import signal
import statistics
import time
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest

from shop.emulator.long_polls import ENDING_SECONDS
from tests.support.emulator import Emulator, free_port
from tests.support.emulator_pair import clients_of
from tests.support.s3 import KEYS

if TYPE_CHECKING:
    from types_aiobotocore_sqs import SQSClient


@pytest.fixture
async def sqs(ministack: str) -> AsyncIterator[SQSClient]:
    async with clients_of(ministack) as clients:
        yield clients.sqs


@pytest.fixture
async def url(sqs: SQSClient) -> str:
    return await created(sqs)


@pytest.fixture
async def emulator(tmp_path: Path) -> AsyncIterator[Emulator]:
    emulator = Emulator(free_port(), tmp_path)
    await emulator.start()
    yield emulator
    await emulator.stop()


async def created(sqs: SQSClient) -> str:
    return (await sqs.create_queue(QueueName=f"q{secrets.token_hex(4)}"))["QueueUrl"]


async def test_a_message_wakes_a_long_poll(sqs: SQSClient, ministack_s3: str) -> None:
    async with clients_of(ministack_s3, KEYS) as plain:
        assert await seconds_to_wake(sqs) < await seconds_to_wake(plain.sqs) / 2


async def seconds_to_wake(sqs: SQSClient) -> float:
    """The median time from a message to the end of a long poll; ministack looks every 100 ms."""
    url, times = await created(sqs), []
    for number in range(15):
        poll = asyncio.create_task(sqs.receive_message(QueueUrl=url, WaitTimeSeconds=5))
        await asyncio.sleep(0.05 + 0.007 * number)  # at any time between two looks
        assert not poll.done()
        sent = time.monotonic()
        await sqs.send_message(QueueUrl=url, MessageBody="x")
        assert (await poll)["Messages"]
        times.append(time.monotonic() - sent)
    return statistics.median(times)


async def test_all_polls_of_a_queue_that_can_have_a_message_have_one(
    sqs: SQSClient, url: str
) -> None:
    polls = [
        asyncio.create_task(sqs.receive_message(QueueUrl=url, WaitTimeSeconds=10)) for _ in range(3)
    ]
    other = asyncio.create_task(sqs.receive_message(QueueUrl=await created(sqs), WaitTimeSeconds=2))
    await asyncio.sleep(0.1)
    for number in range(3):
        await sqs.send_message(QueueUrl=url, MessageBody=str(number))
    async with asyncio.timeout(5):
        answers = await asyncio.gather(*polls)
    assert sorted(answer["Messages"][0]["Body"] for answer in answers) == ["0", "1", "2"]
    assert "Messages" not in await other


async def test_a_long_poll_ends_when_a_delayed_message_becomes_visible(
    sqs: SQSClient, url: str
) -> None:
    poll = asyncio.create_task(sqs.receive_message(QueueUrl=url, WaitTimeSeconds=8))
    await asyncio.sleep(0.1)
    began = time.monotonic()
    await sqs.send_message(QueueUrl=url, MessageBody="x", DelaySeconds=1)
    assert (await poll)["Messages"]
    assert 0.9 < time.monotonic() - began < 6


async def test_a_message_that_is_handed_back_wakes_a_long_poll(sqs: SQSClient, url: str) -> None:
    await sqs.send_message(QueueUrl=url, MessageBody="x")
    (message,) = (await sqs.receive_message(QueueUrl=url))["Messages"]
    poll = asyncio.create_task(sqs.receive_message(QueueUrl=url, WaitTimeSeconds=8))
    await asyncio.sleep(0.1)
    began = time.monotonic()
    await sqs.change_message_visibility(
        QueueUrl=url, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=1
    )
    assert (await poll)["Messages"]
    assert 0.9 < time.monotonic() - began < 6


async def test_a_stop_ends_the_long_polls_and_those_that_begin_meanwhile(
    emulator: Emulator,
) -> None:
    async with clients_of(emulator.url) as clients:
        url = await created(clients.sqs)
        polls = [
            asyncio.create_task(clients.sqs.receive_message(QueueUrl=url, WaitTimeSeconds=5))
            for _ in range(3)
        ]
        await asyncio.sleep(0.1)
        began = time.monotonic()
        assert emulator.process is not None
        emulator.process.send_signal(signal.SIGUSR1)
        await asyncio.gather(*polls)
        await clients.sqs.receive_message(QueueUrl=url, WaitTimeSeconds=5)
        assert 0.1 <= time.monotonic() - began < 2
        await clients.sqs.send_message(QueueUrl=url, MessageBody="x")
        assert (await clients.sqs.receive_message(QueueUrl=url))["Messages"]


async def test_the_end_of_the_supervisor_ends_the_long_polls_and_all_that_begin_later(
    tmp_path: Path,
) -> None:
    reading, writing = os.pipe()
    emulator = Emulator(free_port(), tmp_path, reading)
    await emulator.start()
    os.close(reading)
    try:
        async with clients_of(emulator.url) as clients:
            url = await created(clients.sqs)
            receive = partial(clients.sqs.receive_message, QueueUrl=url, WaitTimeSeconds=8)
            poll = asyncio.create_task(receive())
            await asyncio.sleep(0.1)
            assert not poll.done()
            os.close(writing)
            async with asyncio.timeout(5):
                await poll
            assert emulator.process is not None
            emulator.process.send_signal(signal.SIGUSR1)  # a child that is stopped besides
            await asyncio.sleep(ENDING_SECONDS)
            async with asyncio.timeout(5):
                await receive()
    finally:
        await emulator.stop()


async def test_a_long_poll_whose_client_has_gone_takes_no_message(sqs: SQSClient, url: str) -> None:
    poll = asyncio.create_task(sqs.receive_message(QueueUrl=url, WaitTimeSeconds=5))
    await asyncio.sleep(0.1)
    poll.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await poll
    await sqs.send_message(QueueUrl=url, MessageBody="x")
    assert (await sqs.receive_message(QueueUrl=url, WaitTimeSeconds=2))["Messages"]


async def test_a_call_costs_the_same_whatever_waits(emulator: Emulator) -> None:
    """A plain ministack needs eight times as much CPU for it when 5,000 messages wait."""
    async with clients_of(emulator.url) as clients:
        few, many = [await cpu_of_calls(emulator, clients.sqs, waiting) for waiting in (10, 5000)]
    assert many < 2 * few


async def cpu_of_calls(emulator: Emulator, sqs: SQSClient, waiting: int) -> float:
    """Send, receive and delete 300 times, and give the emulator's CPU seconds for that."""
    assert emulator.process is not None
    url = await created(sqs)
    for _ in range(waiting // 10):
        await sqs.send_message_batch(
            QueueUrl=url,
            Entries=[{"Id": str(number), "MessageBody": "x" * 500} for number in range(10)],
        )
    process = psutil.Process(emulator.process.pid)
    before = process.cpu_times()
    for _ in range(300):
        await sqs.send_message(QueueUrl=url, MessageBody="x" * 500)
        (message,) = (await sqs.receive_message(QueueUrl=url))["Messages"]
        await sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    after = process.cpu_times()
    return after.user + after.system - before.user - before.system


async def test_queues_and_topics_outlive_a_clean_stop(emulator: Emulator) -> None:
    attributes = {"kind": {"DataType": "String", "StringValue": "x"}}
    async with clients_of(emulator.url) as clients:
        url = await created(clients.sqs)
        for body in ("received", "waiting"):
            await clients.sqs.send_message(
                QueueUrl=url,
                MessageBody=body,
                MessageAttributes={"kind": {"DataType": "String", "StringValue": "x"}},
            )
        await clients.sqs.receive_message(QueueUrl=url, VisibilityTimeout=0)
        await clients.sns.create_topic(Name="kept")
    await emulator.stop()
    await emulator.start()
    async with clients_of(emulator.url) as clients:
        received = await clients.sqs.receive_message(
            QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"]
        )
        assert [message["Body"] for message in received["Messages"]] == ["received", "waiting"]
        assert received["Messages"][0]["MessageAttributes"] == attributes
        assert len((await clients.sns.list_topics())["Topics"]) == 1
