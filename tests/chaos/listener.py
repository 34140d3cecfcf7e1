"""A subscriber of order-events with a queue of its own, which receives every announcement."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

from shared.aws.clients import AwsClients, AwsUnavailableError
from shared.aws.names import Names
from shared.aws.provisioning import ensure_queue, publishing_policy, subscribe_queue
from shared.aws.queue import SqsQueue
from shared.messages.announcement import ORDER_EVENTS, CloudEvent
from shared.runtime.lifecycle import background_task


class Listener:
    """Collects announcements for as long as it runs."""

    def __init__(self, queue: SqsQueue) -> None:
        self._queue = queue
        self.received: list[CloudEvent] = []

    async def listen(self) -> None:
        """Receive until cancelled; retry while the emulator is away."""
        while True:
            try:
                messages = await self._queue.receive(10)
            except AwsUnavailableError:
                await asyncio.sleep(0.1)
                continue
            self.received += [CloudEvent.model_validate_json(message.body) for message in messages]
            await asyncio.gather(*map(self._queue.delete, messages), return_exceptions=True)

    async def is_idle(self) -> bool:
        """Whether everything published so far has been received."""
        return await self._queue.waiting_and_in_flight() == (0, 0)


@contextlib.asynccontextmanager
async def listening(clients: AwsClients, names: Names) -> AsyncIterator[Listener]:
    """Subscribe a listener for as long as the block lasts."""
    name = f"{names.prefix}listener"
    arn = await ensure_queue(clients.sqs, name, {})
    url = (await clients.sqs.get_queue_url(QueueName=name))["QueueUrl"]
    topic = (await clients.sns.create_topic(Name=names.topic(ORDER_EVENTS)))["TopicArn"]
    await clients.sqs.set_queue_attributes(
        QueueUrl=url, Attributes={"Policy": publishing_policy(arn, [topic])}
    )
    await subscribe_queue(clients.sns, topic, arn)
    listener = Listener(SqsQueue(clients.sqs, url, wait_time=1))
    async with background_task(listener.listen(), "listener"):
        yield listener
