"""What is behind the counter without the counter: a real store and queues, and a clock to turn."""

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
from shared.aws.clients import AwsClients, aws_clients
from shared.aws.dead_letters import DeadLetters
from shared.aws.errors import AwsUnavailableError
from shared.aws.names import Names
from shared.aws.provisioning import provision, queue_arn
from shared.aws.queue import SqsQueue
from shared.aws.queues import open_dead_letters, open_orders_queue
from shared.aws.tickets import TicketQueue
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
MARGINS = Margins(settling=8 * SECOND, disorder=90 * SECOND, patience=60 * SECOND)


@dataclass
class BackRoom:
    """Announcements end here; `ahead` is by how much the clock is before the real time."""

    clients: AwsClients
    names: Names
    store: Store
    queue: SqsQueue
    dead_letters: DeadLetters
    ahead: dt.timedelta = dt.timedelta(0)
    announced: list[tuple[str, OrderState, int]] = field(default_factory=list)
    deaf: bool = False
    """Whether announcing fails."""
    silent: bool = False
    """Whether nobody answers who announces something."""

    def __post_init__(self) -> None:
        backlog = Backlog(TicketQueue(self.queue))
        self.line = EmptyQueueMonitor(backlog, self.clock)
        self.dispatcher = OrderDispatcher(self, TicketQueue(self.queue), backlog)

    def clock(self) -> dt.datetime:
        return utc_now() + self.ahead

    async def announce(self, order: Order) -> None:
        if self.deaf:
            raise AwsUnavailableError("SNS is out of reach")
        if self.silent:
            await asyncio.Event().wait()
        self.announced.append((order.id, order.state, order.version))

    async def stored(self) -> Order:
        """Record an order without a ticket, as a cashier does that is killed right then."""
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
        for delivery in received:
            if order.id not in delivery.body:
                await self.queue.extend(delivery, 0)
        (ticket,) = (delivery for delivery in received if order.id in delivery.body)
        return ticket

    async def take_tickets(self) -> list[str]:
        """Take all tickets that are waiting, for good; give the order of each."""
        taken: list[str] = []
        waiting, _ = await self.queue.waiting_and_in_flight()
        while len(taken) < waiting:
            for delivery in await self.queue.receive(10):
                await self.queue.delete(delivery)
                taken.append(Ticket.model_validate_json(delivery.body).order_id)
        return taken

    async def look_at_the_line(self) -> None:
        """Sample the line as often as it takes to be sure."""
        for _ in range(2):
            await self.line.sample()

    async def give_up_after(self, receives: int) -> None:
        """Let SQS itself move what was received so often."""
        sqs = self.clients.sqs
        url = (await sqs.get_queue_url(QueueName=self.names.dead_letters))["QueueUrl"]
        policy = {"deadLetterTargetArn": await queue_arn(sqs, url), "maxReceiveCount": receives}
        await sqs.set_queue_attributes(
            QueueUrl=self.queue.url, Attributes={"RedrivePolicy": json.dumps(policy)}
        )

    async def bury(self, *bodies: str, reason: str = "not a ticket") -> None:
        """Let these become dead letters as the engine does it, after one delivery."""
        for body in bodies:
            await self.queue.send(body)
            (delivery,) = await self.queue.receive(1)
            await self.queue.dead_letter(delivery, reason)

    async def bury_ticket(self, order: Order) -> None:
        await self.queue.dead_letter(await self.ticket_of(order), "for a test")


def changes(orders: Sequence[Order]) -> list[tuple[str, OrderState, int]]:
    """Say what announcing these orders leaves behind."""
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
            yield BackRoom(clients, names, store, queue, dead_letters)
