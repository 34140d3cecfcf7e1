"""Opens queues and topics that have been provisioned."""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from functools import partial

from shared.aws.broker_watch import LOOK_SECONDS, BrokerWatch
from shared.aws.clients import AwsClients, aws_call
from shared.aws.dead_letters import LEASE_SECONDS, DeadLetters
from shared.aws.names import Names, topic_arn
from shared.aws.photo_provisioning import PhotoBucket, provision_bucket
from shared.aws.provisioning import queue_arn, queue_url, restore_tickets
from shared.aws.queue import SqsQueue
from shared.aws.topics import OrderAnnouncer, Topic
from shared.clock import utc_now
from shared.messages.announcement import ORDER_EVENTS
from shared.runtime.lifecycle import background_task, every
from shared.runtime.refusals import refusals_end_the_start
from shared.runtime.retry import retry_until_available

_RETRY_SECONDS = 0.5
_RESTORE_SECONDS = 10


def open_orders_queue(
    clients: AwsClients, names: Names, *, visibility_timeout: int = 30, wait_time: int = 2
) -> AbstractAsyncContextManager[SqsQueue]:
    """Open the queue of tickets, with its dead-letter queue."""
    return open_queue(
        clients,
        names.orders,
        names.dead_letters,
        visibility_timeout=visibility_timeout,
        wait_time=wait_time,
    )


def open_photos_queue(
    clients: AwsClients, names: Names, *, visibility_timeout: int = 30, wait_time: int = 2
) -> AbstractAsyncContextManager[SqsQueue]:
    """Open the queue of uploaded photos, with its dead-letter queue."""
    return open_queue(
        clients,
        names.photos,
        names.photos_dead_letters,
        visibility_timeout=visibility_timeout,
        wait_time=wait_time,
    )


@contextlib.asynccontextmanager
async def open_queue(
    clients: AwsClients,
    name: str,
    dead_letters_name: str | None = None,
    *,
    visibility_timeout: int = 30,
    wait_time: int = 2,
) -> AsyncIterator[SqsQueue]:
    """Open a queue by its name, and its dead-letter queue, if it has one.

    At the end of the block, what was submitted is sent before it closes.
    """
    async with contextlib.AsyncExitStack() as stack:
        dead_letters = None
        if dead_letters_name is not None:
            dead_letters = SqsQueue(clients.sqs, await queue_url(clients.sqs, dead_letters_name))
            stack.push_async_callback(dead_letters.close)
        queue = SqsQueue(
            clients.sqs,
            await queue_url(clients.sqs, name),
            visibility_timeout=visibility_timeout,
            wait_time=wait_time,
            dead_letters=dead_letters,
        )
        stack.push_async_callback(queue.close)
        yield queue


@contextlib.asynccontextmanager
async def open_dead_letters(clients: AwsClients, name: str) -> AsyncIterator[DeadLetters]:
    """Open a dead-letter queue, to list and redrive what is in it."""
    async with open_queue(clients, name, visibility_timeout=LEASE_SECONDS, wait_time=1) as queue:
        yield DeadLetters(queue)


@contextlib.asynccontextmanager
async def open_announcer(
    clients: AwsClients, names: Names, orders: SqsQueue
) -> AsyncIterator[OrderAnnouncer]:
    """Open the topic of order events, in the account and region of the queue of tickets."""
    arn = topic_arn(await queue_arn(clients.sqs, orders.url), names.topic(ORDER_EVENTS))
    topic = Topic(clients.sns, arn)
    try:
        yield OrderAnnouncer(topic)
    finally:
        await topic.close()


async def wait_for_queues(clients: AwsClients, *names: str) -> None:
    """Return once the queues of these names exist; there is no time limit.

    A service may start before the shop is provisioned, or while SQS is unavailable. Raises
    RefusedByAwsError when waiting would not help.
    """

    async def find_all(_: int) -> None:
        with refusals_end_the_start():
            for name in names:
                await queue_url(clients.sqs, name)

    await retry_until_available(find_all, "queues.not_there_yet", pause=lambda _: _RETRY_SECONDS)


async def restored_tickets(
    clients: AwsClients, names: Names, bucket: PhotoBucket | None = None
) -> None:
    """Return once the queues of tickets and photos exist, and the bucket of photos.

    Creates them if an emulator has lost them.
    """
    await retry_until_available(
        lambda _: _restore(clients, names, bucket),
        "queues.not_there_yet",
        pause=lambda _: _RETRY_SECONDS,
    )


def watching_tickets(
    clients: AwsClients,
    names: Names,
    on_reset: Callable[[dt.datetime], None],
    bucket: PhotoBucket | None = None,
) -> AbstractAsyncContextManager[None]:
    """Watch an emulator, and create the queues of tickets and photos when it has lost them."""
    restore = partial(_restore, clients, names, bucket)
    return watching_broker(clients, names.orders, restore, on_reset)


@contextlib.asynccontextmanager
async def watching_broker(
    clients: AwsClients,
    queue: str,
    restore: Callable[[], Awaitable[None]],
    on_reset: Callable[[dt.datetime], None],
) -> AsyncIterator[None]:
    """Watch an emulator for as long as the block lasts; see BrokerWatch."""
    watch = BrokerWatch(
        sqs=clients.sqs, queue=queue, restore=restore, on_reset=on_reset, clock=utc_now
    )
    async with background_task(every(LOOK_SECONDS, watch.look), "broker watch"):
        yield


async def _restore(clients: AwsClients, names: Names, bucket: PhotoBucket | None) -> None:
    await restore_tickets(clients, names)
    if bucket is not None:
        async with aws_call("S3 or SQS", _RESTORE_SECONDS):
            await provision_bucket(clients, names, bucket)
