"""Gives a fresh ticket to every order whose ticket is gone."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections import OrderedDict
from collections.abc import Sequence

import structlog

from producer.orders.dispatcher import OrderDispatcher
from producer.reconciling.empty_queue_monitor import EmptyQueueMonitor
from producer.reconciling.lost_tickets import Margins, horizon, lost_tickets
from shared.clock import Clock
from shared.domain.order import Order
from shared.store.contract import HeartbeatStore

log = structlog.stdlib.get_logger(__name__)

MOST_AT_ONCE = 200
"""How many fresh tickets there may be in a round: a mistake of ours must not flood the queue."""

_REMEMBERED = 10_000


class FreshTickets:
    """Queues the orders again that the line has passed by."""

    def __init__(
        self,
        worker_heartbeats: HeartbeatStore,
        line: EmptyQueueMonitor,
        dispatcher: OrderDispatcher,
        clock: Clock,
        margins: Margins,
    ) -> None:
        self._worker_heartbeats = worker_heartbeats
        self._line = line
        self._dispatcher = dispatcher
        self._clock = clock
        self._margins = margins
        self._given: OrderedDict[str, dt.datetime] = OrderedDict()

    async def horizon(self) -> dt.datetime | None:
        """Find the time before which no change was made whose ticket is still on the queue."""
        now = self._clock()
        shifts = await self._worker_heartbeats.worker_heartbeats(now)
        heads = [shift.newest_ticket_at for shift in shifts if shift.newest_ticket_at is not None]
        return horizon(self._line.empty_at, heads, now, self._margins)

    async def give(self, waiting: Sequence[Order], beyond: dt.datetime) -> None:
        """Queue a fresh ticket for each of these from beyond the horizon, up to MOST_AT_ONCE.

        They must have been read after the horizon was found.
        """
        lost = lost_tickets(waiting, beyond, self._given, self._clock(), self._margins)
        await self._queue_again(lost[:MOST_AT_ONCE], len(lost))

    def distrust_the_queue(self) -> None:
        """Forget what was given: the queue has lost tickets, those as well."""
        self._given.clear()

    async def _queue_again(self, orders: Sequence[Order], lost: int) -> None:
        if not orders:
            return
        outcomes = await asyncio.gather(
            *(self._give(order) for order in orders), return_exceptions=True
        )
        failures = [outcome for outcome in outcomes if isinstance(outcome, BaseException)]
        log.warning("tickets.lost", lost=lost, given=len(orders) - len(failures))
        if failures:
            raise failures[0]

    async def _give(self, order: Order) -> None:
        await self._dispatcher.requeue(order)
        self._given[order.id] = self._clock()
        self._given.move_to_end(order.id)
        if len(self._given) > _REMEMBERED:
            self._given.popitem(last=False)
