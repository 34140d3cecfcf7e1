"""How a service gets hold of a queue or a topic that provisioning has made."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

import structlog

from shared.aws.clients import AwsClients
from shared.aws.dead_letters import HELD_SECONDS, DeadLetters
from shared.aws.errors import AwsUnavailableError, reaching
from shared.aws.names import Names, topic_arn
from shared.aws.provisioning import queue_arn
from shared.aws.queue import SqsQueue
from shared.aws.topics import OrderAnnouncer, Topic
from shared.messages.announcement import ORDER_EVENTS

log = structlog.stdlib.get_logger(__name__)

_LOOK_AGAIN_SECONDS = 0.5


@contextlib.asynccontextmanager
async def open_orders_queue(
    clients: AwsClients, names: Names, *, visibility_timeout: int = 30, wait_time: int = 2
) -> AsyncIterator[SqsQueue]:
    """Open the queue of tickets, with its dead-letter queue; what was sent gets through."""
    opening = open_queue(clients, names.orders, names.dead_letters, visibility_timeout, wait_time)
    async with opening as queue:
        yield queue


@contextlib.asynccontextmanager
async def open_queue(
    clients: AwsClients,
    name: str,
    dead_letters_name: str | None = None,
    visibility_timeout: int = 30,
    wait_time: int = 2,
) -> AsyncIterator[SqsQueue]:
    """Open a queue by its name, and that of its dead letters, if it has one."""
    async with contextlib.AsyncExitStack() as stack:
        dead_letters = None
        if dead_letters_name is not None:
            dead_letters = SqsQueue(clients.sqs, await _find(clients, dead_letters_name))
            stack.push_async_callback(dead_letters.close)
        queue = SqsQueue(
            clients.sqs,
            await _find(clients, name),
            visibility_timeout=visibility_timeout,
            wait_time=wait_time,
            dead_letters=dead_letters,
        )
        stack.push_async_callback(queue.close)
        yield queue


@contextlib.asynccontextmanager
async def open_dead_letters(clients: AwsClients, name: str) -> AsyncIterator[DeadLetters]:
    """Open a queue of what was given up on, to look into it."""
    opening = open_queue(clients, name, visibility_timeout=HELD_SECONDS, wait_time=1)
    async with opening as queue:
        yield DeadLetters(queue)


@contextlib.asynccontextmanager
async def open_announcer(
    clients: AwsClients, names: Names, orders: SqsQueue
) -> AsyncIterator[OrderAnnouncer]:
    """Open the topic of order events, which lives beside the queue of tickets."""
    arn = topic_arn(await queue_arn(clients.sqs, orders.url), names.topic(ORDER_EVENTS))
    topic = Topic(clients.sns, arn)
    try:
        yield OrderAnnouncer(topic)
    finally:
        await topic.close()


async def wait_for_queues(clients: AwsClients, *needed: str) -> None:
    """Wait for as long as it takes for the queues of these names to be there.

    A service may be started before the shop is provisioned, or while SQS is out of reach.
    """
    while True:
        try:
            for name in needed:
                await _find(clients, name)
        except AwsUnavailableError as error:
            log.warning("queues.not_there_yet", error=str(error))
            await asyncio.sleep(_LOOK_AGAIN_SECONDS)
        else:
            return


async def _find(clients: AwsClients, queue: str) -> str:
    async with reaching("SQS"):
        return (await clients.sqs.get_queue_url(QueueName=queue))["QueueUrl"]
