"""Hands an order over to the baristas: announced first, then on the queue as a ticket."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections import OrderedDict
from collections.abc import Sequence
from typing import Protocol
from weakref import WeakValueDictionary

import structlog

from producer.orders.backlog import Backlog
from shared.aws.batcher import EntryFailedError
from shared.aws.errors import AwsUnavailableError
from shared.domain.order import Order, OrderState

log = structlog.stdlib.get_logger(__name__)

_REMEMBERED = 10_000

_ANNOUNCED_AT_ONCE = 100


class Announcer(Protocol):
    """Tells the world what has become of an order."""

    async def announce(self, order: Order) -> None:
        """Return once the announcement is confirmed."""


class Tickets(Protocol):
    """The queue of tickets."""

    async def put(self, order: Order) -> None:
        """Return once the ticket is confirmed."""


class OrderDispatcher:
    """Queues tickets. A ticket is on the queue only after its order was announced as placed.

    Announcements of changes that are already durable may take `announce_seconds`, some at once.
    """

    def __init__(
        self, announcer: Announcer, tickets: Tickets, backlog: Backlog, announce_seconds: float = 2
    ) -> None:
        self._announcer = announcer
        self._tickets = tickets
        self._backlog = backlog
        self._announce_seconds = announce_seconds
        self._queued: OrderedDict[str, None] = OrderedDict()
        self._unannounced: OrderedDict[tuple[str, int], Order] = OrderedDict()
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

    async def requeue(self, order: Order) -> None:
        """Queue a fresh ticket for an order whose ticket is gone, whatever was queued before.

        One that is `placed` is announced again first, under the same id. Raises what the
        announcer and the queue do.
        """
        async with self._turns.setdefault(order.id, asyncio.Lock()):
            await self._queue(order)

    async def announce(self, *orders: Order) -> None:
        """Announce changes that are already durable, so that no failure can undo them.

        They are noted as unannounced before: what cannot be announced now is announced later.
        """
        for order in orders:
            self._unannounced[order.id, order.version] = order
            if len(self._unannounced) > _REMEMBERED:
                self._unannounced.popitem(last=False)
        try:
            await self._announce(orders)
        except (AwsUnavailableError, TimeoutError):
            log.exception("announcement.failed", order_ids=[order.id for order in orders[:10]])

    async def announce_remaining(self) -> None:
        """Announce what could not be announced before, oldest first.

        Raises AwsUnavailableError or TimeoutError, and leaves the rest, when the topic is away.
        """
        await self._announce(list(self._unannounced.values()))

    @property
    def unannounced_since(self) -> dt.datetime | None:
        """When the oldest change was made that could not be announced yet."""
        return min((order.since for order in self._unannounced.values()), default=None)

    async def _announce(self, changes: Sequence[Order]) -> None:
        for start in range(0, len(changes), _ANNOUNCED_AT_ONCE):
            some = changes[start : start + _ANNOUNCED_AT_ONCE]
            async with asyncio.timeout(self._announce_seconds):
                outcomes = await asyncio.gather(*map(self._strike, some), return_exceptions=True)
            if failures := [outcome for outcome in outcomes if outcome is not None]:
                raise failures[0]

    async def _strike(self, order: Order) -> None:
        """Announce a change, and forget it; one that SNS refuses stays unannounced."""
        try:
            await self._announcer.announce(order)
        except EntryFailedError:
            log.exception("announcement.failed", order_ids=[order.id])
        else:
            self._unannounced.pop((order.id, order.version), None)

    async def _queue(self, order: Order) -> None:
        if order.state is OrderState.PLACED:
            await self._announcer.announce(order)
        await self._tickets.put(order)
        self._backlog.queued()
        self._queued[order.id] = None
        if len(self._queued) > _REMEMBERED:
            self._queued.popitem(last=False)
