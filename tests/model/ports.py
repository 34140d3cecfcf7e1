"""A process's access to the order store, the queue and the topic: each call is one step."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from functools import partial
from typing import Any, cast

from shared.aws.dead_letters import DeadLetters
from shared.aws.queue import SqsQueue
from shared.aws.topics import OrderAnnouncer, Topic
from shared.consuming.message import Message, Queue
from shared.domain.order import Order
from shared.domain.shop import ShopStatus, WorkerHeartbeat
from shared.messages.announcement import CloudEvent
from shared.store.contract import Placement, Store
from shared.store.document_contract import DocumentKind
from tests.model.host import Host, gist
from tests.model.record import Record


class _Store:
    def __init__(self, host: Host, record: Record) -> None:
        self._host = host
        self._record = record

    async def get(self, order_id: str) -> Any:
        return await self._host.ask(
            "store.get", partial(self._record.get, order_id), (), changes=False
        )

    async def peek(self, order_id: str) -> Order | None:
        """Answer as of now, and not of a step to come: what it shows may be old when it is used.

        An answer that is older than its asking is left to the tests of the barista and of moves.
        """
        order = self._record.get(order_id)
        self._host.remember(("store.peek", gist(order)))
        return order

    async def orders_by_id(self, order_ids: Collection[str]) -> Any:
        effect = partial(self._record.orders_by_id, frozenset(order_ids))
        return await self._host.ask("store.orders_by_id", effect, (), changes=False)

    async def place(self, order: Order, _: dt.date) -> Placement:
        effect = partial(self._record.place, order)
        placement: Placement = await self._host.ask("store.place", effect, gist(order))
        return placement

    async def replace(self, before: Order, after: Order) -> None:
        effect = partial(self._record.replace, before, after)
        await self._host.ask("store.replace", effect, (gist(before), gist(after)))

    async def orders_placed(
        self, since: dt.datetime, until: dt.datetime, _: int, after: Order | None = None
    ) -> Sequence[Order]:
        found = self._record.orders.values()
        self._host.remember(("orders placed", *map(gist, found)))
        return [one for one in found if after is None and since <= one.placed_at < until]

    async def oldest_open_orders(self, *_: object) -> Sequence[Order]:
        return ()

    async def status(self) -> ShopStatus:
        return ShopStatus()

    async def document(self, _: DocumentKind) -> None:
        return None

    async def worker_heartbeats(self, _: dt.datetime) -> Sequence[WorkerHeartbeat]:
        return ()


class _Topic:
    def __init__(self, host: Host, record: Record) -> None:
        self._host = host
        self._record = record

    async def publish(self, event: CloudEvent, _: Mapping[str, str], group: str) -> None:
        del group
        await self._host.ask(f"announce {event.id}", partial(self._record.announce, event), ())


class _Queue:
    def __init__(self, host: Host, record: Record) -> None:
        self._host = host
        self._record = record

    async def send(
        self, body: str, attributes: Mapping[str, str] | None = None, *, group: str | None = None
    ) -> None:
        del attributes, group
        await self._host.ask("queue.send", partial(self._record.send, body), body)

    async def delete(self, message: Message) -> None:
        effect = partial(self._record.delete, message.message_id)
        await self._host.ask("queue.delete", effect, message.message_id)

    async def extend(self, message: Message, seconds: float) -> None:
        effect = partial(self._record.extend, message.message_id, seconds)
        await self._host.ask("queue.extend", effect, (message.message_id, seconds))

    async def dead_letter(self, message: Message, reason: str) -> None:
        effect = partial(self._record.dead_letter, message.message_id, reason)
        await self._host.ask("queue.dead_letter", effect, message.message_id)


class _DeadLetters:
    """The dead-letter queue, without leases: every receive returns all letters."""

    def __init__(self, host: Host, record: Record) -> None:
        self._host = host
        self._record = record

    async def waiting_and_in_flight(self) -> tuple[int, int]:
        return len(self._record.dead_letters), 0

    async def receive(self, _: int) -> Sequence[Message]:
        return [letter.message() for letter in self._record.dead_letters.values()]

    async def extend(self, *_: object) -> None:
        """Hand nothing back."""

    async def delete(self, letter: Message) -> None:
        effect = partial(self._record.delete_letter, letter.message_id)
        await self._host.ask("letters.delete", effect, letter.message_id)


def store_of(host: Host, record: Record) -> Store:
    """The store, as far as placing, moving and preparing an order needs it."""
    return cast("Store", _Store(host, record))


def queue_of(host: Host, record: Record) -> Queue:
    """The queue, for the consumer engine."""
    return cast("Queue", _Queue(host, record))


def sqs_of(host: Host, record: Record) -> SqsQueue:
    """Reach the queue as those who send do."""
    return cast("SqsQueue", _Queue(host, record))


def dead_letters_of(host: Host, record: Record) -> DeadLetters:
    """The dead letters."""
    return DeadLetters(cast("SqsQueue", _DeadLetters(host, record)))


def announcer_of(host: Host, record: Record) -> OrderAnnouncer:
    """The topic."""
    return OrderAnnouncer(cast("Topic", _Topic(host, record)))
