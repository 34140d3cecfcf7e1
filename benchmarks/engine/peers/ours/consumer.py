"""Our engine as the services run it, on a queue of SQS, with a handler that does nothing."""

from __future__ import annotations

import asyncio
import gc
import os
import sys

from prometheus_client import CollectorRegistry

from shared.aws.clients import aws_clients
from shared.aws.queue import SqsQueue
from shared.consuming.consumer import Consumer, ConsumerLimits
from shared.consuming.message import Message
from shared.consuming.metrics import MessageMetrics
from shared.consuming.outcome import Done, Outcome
from shared.runtime.lifecycle import stop_requested
from shared.runtime.logging import configure_logging
from shared.runtime.settings import LogFormat, ServiceSettings

ENDPOINT = os.environ["AWS_ENDPOINT_URL"]
URL = f"{ENDPOINT}/000000000000/{os.environ['QUEUE']}"


async def nothing(_: Message) -> Outcome:
    """Do nothing."""
    return Done()


async def consume(concurrency: int) -> None:
    """Consume until SIGTERM."""
    async with (
        stop_requested() as stop,
        aws_clients(ServiceSettings(aws_endpoint_url=ENDPOINT)) as clients,
    ):
        queue = SqsQueue(clients.sqs, URL)
        consumer = Consumer(
            queue,
            nothing,
            ConsumerLimits(concurrency),
            log_done=False,
            count=MessageMetrics.on(CollectorRegistry()).of("work"),
            around=queue.working_on,
        )
        await consumer.run(stop)
        await queue.close()


async def send() -> None:
    """Send one message."""
    async with aws_clients(ServiceSettings(aws_endpoint_url=ENDPOINT)) as clients:
        queue = SqsQueue(clients.sqs, URL)
        await queue.send('{"number": 1}')
        await queue.close()


if __name__ == "__main__":
    configure_logging("work", LogFormat.JSON, "INFO", 256)
    gc.freeze()
    asyncio.run(send() if "send" in sys.argv else consume(int(os.environ["CONCURRENCY"])))
