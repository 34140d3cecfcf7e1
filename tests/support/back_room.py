"""The cashier's parts without HTTP: a real store, real queues, and a clock that the test sets."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import json
import secrets
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from producer.orders.backlog import Backlog
from producer.orders.dispatcher import OrderDispatcher
from producer.reconciling.empty_queue_monitor import EmptyQueueMonitor
from producer.reconciling.lost_tickets import Margins
from shared.aws.clients import AwsClients, AwsUnavailableError, aws_clients
from shared.aws.dead_letters import DeadLetters
from shared.aws.names import Names
from shared.aws.provisioning import provision, queue_arn
from shared.aws.queue import SqsQueue
from shared.aws.queues import open_dead_letters, open_orders_queue
from shared.clock import utc_now
from shared.consuming.message import Message
from shared.domain.order import Order, OrderState, TimelineEntry, advance, claim
from shared.messages.ticket import Ticket
from shared.runtime.settings import ServiceSettings
from shared.store.contract import Store
from shared.store.factory import open_store
from tests.support.orders import an_order

SECOND = dt.timedelta(seconds=1)
MINUTE = dt.timedelta(minutes=1)
MARGINS = Margins(settling=8 * SECOND, disorder=90 * SECOND, retry_after=60 * SECOND)


@dataclass
class BackRoom:
    """Records announcements; its clock is `ahead` of the real time."""

    clients: AwsClients
    names: Names
    store: Store
    queue: SqsQueue
    dead_letters: DeadLetters
    ahead: dt.timedelta = dt.timedelta(0)
    announced: list[tuple[str, OrderState, int]] = field(default_factory=list)
    topic_fails: bool = False
    """Whether announcing fails."""
    topic_hangs: bool = False
    """Whether announcing never returns."""

    def __post_init__(self) -> None:
        backlog = Backlog(self.queue)
        self.monitor = EmptyQueueMonitor(backlog, self.clock)
        self.dispatcher = OrderDispatcher(self, self.queue, backlog)

    def clock(self) -> dt.datetime:
        return utc_now() + self.ahead

    async def announce(self, order: Order, *, has_subscribers: bool = True) -> None:  # noqa: ARG002 - nobody asks
        if self.topic_fails:
            raise AwsUnavailableError("SNS is unavailable")
        if self.topic_hangs:
            await asyncio.Event().wait()
        self.announced.append((order.id, order.state, order.version))

    async def stored(self) -> Order:
        """Record an order without a ticket, as if its cashier was killed right then."""
        now = self.clock()
        order = replace(an_order(), timeline=(TimelineEntry(OrderState.PLACED, now),))
        return (await self.store.place(order, now.date())).order

    async def placed(self) -> Order:
        """Place an order, ticket and all."""
        order = await self.stored()
        await self.dispatcher.ensure(order)
        return order

    async def moved(self, order: Order, *states: OrderState) -> Order:
        for state in states:
            before, order = order, advance(order, state, self.clock())
            await self.store.replace(before, order)
        return order

    async def claimed(self, order: Order, ticket: str, seconds: float) -> Order:
        claimed = claim(order, ticket, self.clock(), self.clock() + seconds * SECOND)
        await self.store.replace(order, claimed)
        return claimed

    async def state(self, order: Order) -> OrderState:
        found = await self.store.get(order.id)
        assert found is not None
        return found.state

    async def ticket_of(self, order: Order) -> Message:
        """Receive this order's ticket, one of the first ten, and leave the others."""
        received = await self.queue.receive(10)
        for message in received:
            if order.id not in message.body:
                await self.queue.extend(message, 0)
        (ticket,) = (message for message in received if order.id in message.body)
        return ticket

    async def take_tickets(self) -> list[str]:
        """Take all tickets that are waiting, for good; give the order of each."""
        taken: list[str] = []
        waiting, _ = await self.queue.waiting_and_in_flight()
        while len(taken) < waiting:
            for message in await self.queue.receive(10):
                await self.queue.delete(message)
                taken.append(Ticket.model_validate_json(message.body).order_id)
        return taken

    async def sample_the_queue(self) -> None:
        """Sample the queue as often as it takes to be sure."""
        for _ in range(2):
            await self.monitor.sample()

    async def give_up_after(self, receives: int) -> None:
        """Let SQS itself move messages that were received this often."""
        sqs = self.clients.sqs
        url = (await sqs.get_queue_url(QueueName=self.names.dead_letters))["QueueUrl"]
        policy = {"deadLetterTargetArn": await queue_arn(sqs, url), "maxReceiveCount": receives}
        await sqs.set_queue_attributes(
            QueueUrl=self.queue.url, Attributes={"RedrivePolicy": json.dumps(policy)}
        )

    async def bury(self, *bodies: str, reason: str = "not a ticket") -> None:
        """Dead-letter these as the consumer engine does, after one delivery."""
        for body in bodies:
            await self.queue.send(body)
            (message,) = await self.queue.receive(1)
            await self.queue.dead_letter(message, reason)

    async def bury_ticket(self, order: Order) -> None:
        await self.queue.dead_letter(await self.ticket_of(order), "for a test")


def changes(orders: Sequence[Order]) -> list[tuple[str, OrderState, int]]:
    """List what announcing these orders records."""
    return [(order.id, order.state, order.version) for order in orders]


@contextlib.asynccontextmanager
async def open_back_room(emulator: str, state_dir: Path) -> AsyncIterator[BackRoom]:
    settings = ServiceSettings(aws_endpoint_url=emulator, state_dir=state_dir)
    names = Names(f"t{secrets.token_hex(4)}-")
    async with aws_clients(settings) as clients:
        await provision(clients, names)
        async with (
            open_store(settings, None, utc_now) as store,
            open_orders_queue(clients, names, wait_time=0) as queue,
            open_dead_letters(clients, names.dead_letters) as dead_letters,
        ):
            yield BackRoom(
                clients=clients, names=names, store=store, queue=queue, dead_letters=dead_letters
            )
