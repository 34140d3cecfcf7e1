"""Hands an order over to the baristas: announced first, then on the queue as a ticket."""

from __future__ import annotations

from collections import OrderedDict
from typing import Protocol

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
    """Queues tickets. A ticket is on the queue only after its order was announced as placed."""

    def __init__(self, announcer: Announcer, tickets: Tickets, backlog: Backlog) -> None:
        self._announcer = announcer
        self._tickets = tickets
        self._backlog = backlog
        self._queued: OrderedDict[str, None] = OrderedDict()

    async def ensure(self, order: Order) -> None:
        """Make sure that an order just `placed` has a ticket.

        What this process has queued it does not queue again; a second ticket, from another
        cashier, is harmless. Raises what the announcer and the queue do.
        """
        if order.state is not OrderState.PLACED or order.id in self._queued:
            return
        await self._announcer.announce(order)
        await self._tickets.put(order)
        self._backlog.queued()
        self._queued[order.id] = None
        if len(self._queued) > _REMEMBERED:
            self._queued.popitem(last=False)

    async def tell(self, order: Order) -> None:
        """Announce a change that is already durable, so that its failure cannot undo it."""
        try:
            await self._announcer.announce(order)
        except (AwsUnavailableError, EntryFailedError):
            log.exception("announcement.failed", order_id=order.id)
