"""Hands an order over to the baristas: announced first, then on the queue as a ticket."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections import OrderedDict
from typing import Protocol
from weakref import WeakValueDictionary

import structlog

from producer.backlog import Backlog
from shared.aws.batcher import EntryFailedError
from shared.aws.errors import AwsUnavailableError
from shared.domain.order import Order, OrderState

log = structlog.stdlib.get_logger(__name__)

_REMEMBERED = 10_000


class Announcer(Protocol):
    """Tells the world what has become of an order."""

    async def announce(self, order: Order) -> None:
        """Return once the announcement is confirmed."""


class Tickets(Protocol):
    """The queue of tickets."""

    async def put(self, order: Order) -> None:
        """Return once the ticket is confirmed."""


class Handover:
    """Queues tickets. A ticket is on the queue only after its order was announced as placed.

    An announcement of a change that is already durable may take `tell_seconds`.
    """

    def __init__(
        self, announcer: Announcer, tickets: Tickets, backlog: Backlog, tell_seconds: float = 2
    ) -> None:
        self._announcer = announcer
        self._tickets = tickets
        self._backlog = backlog
        self._tell_seconds = tell_seconds
        self._queued: OrderedDict[str, None] = OrderedDict()
        self._untold: OrderedDict[tuple[str, int], Order] = OrderedDict()
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def ensure(self, order: Order) -> None:
        """Make sure that an order just `placed` has a ticket.

        What this process has queued it does not queue again; a second ticket, from another
        cashier, is harmless. Raises what the announcer and the queue do.
        """
        if order.state is not OrderState.PLACED:
            return
        async with self._turns.setdefault(order.id, asyncio.Lock()):
            if order.id not in self._queued:
                await self._queue(order)

    async def again(self, order: Order) -> None:
        """Queue a fresh ticket for an order whose ticket is gone, whatever was queued before.

        One that is `placed` is announced again first, under the same id. Raises what the
        announcer and the queue do.
        """
        async with self._turns.setdefault(order.id, asyncio.Lock()):
            await self._queue(order)

    async def tell(self, order: Order) -> None:
        """Announce a change that is already durable, so that its failure cannot undo it."""
        try:
            async with asyncio.timeout(self._tell_seconds):
                await self._announcer.announce(order)
        except (AwsUnavailableError, EntryFailedError, TimeoutError):
            log.exception("announcement.failed", order_id=order.id)
            self._untold[order.id, order.version] = order
            if len(self._untold) > _REMEMBERED:
                self._untold.popitem(last=False)

    async def tell_the_untold(self) -> None:
        """Announce what could not be announced before, oldest first; stop at what still cannot."""
        for change, order in list(self._untold.items()):
            async with asyncio.timeout(self._tell_seconds):
                await self._announcer.announce(order)
            self._untold.pop(change, None)

    @property
    def untold_since(self) -> dt.datetime | None:
        """When the oldest change was made that could not be announced yet."""
        return min((order.since for order in self._untold.values()), default=None)

    async def _queue(self, order: Order) -> None:
        if order.state is OrderState.PLACED:
            await self._announcer.announce(order)
        await self._tickets.put(order)
        self._backlog.queued()
        self._queued[order.id] = None
        if len(self._queued) > _REMEMBERED:
            self._queued.popitem(last=False)
