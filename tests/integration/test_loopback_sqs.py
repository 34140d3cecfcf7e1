"""The loopback server of benchmarks speaks SQS's protocol with the real client."""

from __future__ import annotations

import asyncio

from benchmarks.engine.loopback_sqs import loopback_sqs
from shared.aws.clients import aws_clients
from shared.aws.queue import SqsQueue
from shared.runtime.settings import ServiceSettings


async def test_a_queue_of_ours_works_with_it_and_its_requests_are_counted() -> None:
    async with (
        loopback_sqs() as sqs,
        aws_clients(ServiceSettings(aws_endpoint_url=sqs.url)) as clients,
    ):
        queue = SqsQueue(clients.sqs, sqs.queue_url("work"))
        waiting = asyncio.create_task(queue.receive(10))
        await queue.send("first", {"correlation_id": "abc"})
        (first,) = await waiting
        assert (first.body, first.attributes) == ("first", {"correlation_id": "abc"})
        await queue.extend(first, 0)
        (again,) = await queue.receive(10)
        assert again.receive_count == 2
        await queue.delete(again)
        assert await queue.waiting_and_in_flight() == (0, 0)
    assert sqs.queues["work"].requests == {
        "SendMessageBatch": 1,
        "ReceiveMessage": 2,
        "ChangeMessageVisibilityBatch": 1,
        "DeleteMessageBatch": 1,
        "GetQueueAttributes": 1,
    }
