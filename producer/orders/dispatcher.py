"""Gives orders to the baristas: announced first, then put on the queue as tickets."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Sequence
from typing import Protocol
from weakref import WeakValueDictionary

import structlog

from producer.orders.backlog import Backlog
from shared.aws.batcher import EntryFailedError
from shared.domain.errors import UnavailableError
from shared.domain.order import Order, OrderState, log_id
from shared.messages.ticket import TicketQueue, send_ticket, ticket_for
from shared.runtime.bounded_map import BoundedMap

log = structlog.stdlib.get_logger(__name__)

_REMEMBERED = 10_000

_ANNOUNCED_AT_ONCE = 100


class Announcer(Protocol):
    """Announces changes of orders."""

    async def announce(self, order: Order, *, has_subscribers: bool = True) -> None:
        """Return once the announcement is confirmed."""


class OrderDispatcher:
    """Queues tickets. A ticket is on the queue only after its order was announced as placed.

    Announcements of changes that are already durable may take `announce_seconds` per batch.
    """

    def __init__(
        self,
        announcer: Announcer,
        queue: TicketQueue,
        backlog: Backlog,
        announce_seconds: float = 2,
    ) -> None:
        self._announcer = announcer
        self._tickets = queue
        self._backlog = backlog
        self._announce_seconds = announce_seconds
        self._queued: BoundedMap[str, None] = BoundedMap(_REMEMBERED)
        self._unannounced: BoundedMap[tuple[str, int], Order] = BoundedMap(_REMEMBERED)
        self._announced: BoundedMap[tuple[str, int], None] = BoundedMap(_REMEMBERED)
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def ensure(self, order: Order, *, has_subscribers: bool = True) -> None:
        """Make sure that an order just `placed` has a ticket.

        This process queues an order once; a second ticket, from another cashier, is harmless.
        Without `has_subscribers`, nobody can have subscribed to it. Raises what the announcer and
        the queue do.
        """
        if order.state is not OrderState.PLACED:
            return
        async with self._locks.setdefault(order.id, asyncio.Lock()):
            if order.id not in self._queued:
                await self._queue(order, has_subscribers=has_subscribers)

    async def requeue(self, order: Order) -> None:
        """Queue a fresh ticket for an order whose ticket is gone, whatever was queued before.

        One that is `placed` is announced again first, under the same id. Raises what the
        announcer and the queue do.
        """
        async with self._locks.setdefault(order.id, asyncio.Lock()):
            await self._queue(order)

    async def announce(self, *orders: Order) -> None:
        """Announce changes that are already durable, so that no failure can undo them.

        They are noted as unannounced first: a failed announcement is repeated later.
        """
        for order in orders:
            self._unannounced[order.id, order.version] = order
        try:
            await self._announce(orders)
        except (UnavailableError, TimeoutError):
            log.exception("announcement.failed", orders=[log_id(order.id) for order in orders[:10]])

    async def announce_if_new(self, order: Order) -> None:
        """Announce a change, whoever made it, unless this process has seen to that before."""
        change = (order.id, order.version)
        if change not in self._announced and change not in self._unannounced:
            await self.announce(order)

    async def announce_remaining(self) -> None:
        """Announce what could not be announced before, oldest first.

        Raises UnavailableError or TimeoutError, and keeps the rest, when the topic is away.
        """
        await self._announce(list(self._unannounced.values()))

    @property
    def unannounced_since(self) -> dt.datetime | None:
        """When the oldest change was made that could not be announced yet."""
        return min((order.since for order in self._unannounced.values()), default=None)

    async def _announce(self, changes: Sequence[Order]) -> None:
        for start in range(0, len(changes), _ANNOUNCED_AT_ONCE):
            batch = changes[start : start + _ANNOUNCED_AT_ONCE]
            async with asyncio.timeout(self._announce_seconds):
                outcomes = await asyncio.gather(
                    *map(self._announce_one, batch), return_exceptions=True
                )
            if failures := [outcome for outcome in outcomes if outcome is not None]:
                raise failures[0]

    async def _announce_one(self, order: Order) -> None:
        """Announce a change, and forget it; one that SNS refuses stays unannounced."""
        try:
            await self._announcer.announce(order)
        except EntryFailedError:
            log.exception("announcement.failed", order=log_id(order.id))
        else:
            self._unannounced.pop((order.id, order.version), None)
            self._announced[order.id, order.version] = None

    async def _queue(self, order: Order, *, has_subscribers: bool = True) -> None:
        if order.state is OrderState.PLACED:
            await self._announcer.announce(order, has_subscribers=has_subscribers)
        await send_ticket(self._tickets, ticket_for(order))
        self._backlog.queued()
        self._queued[order.id] = None
