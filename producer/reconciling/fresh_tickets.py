"""Queues a fresh ticket for every order whose ticket is gone."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Sequence

import structlog

from producer.orders.dispatcher import OrderDispatcher
from producer.reconciling.empty_queue_monitor import EmptyQueueMonitor
from producer.reconciling.lost_tickets import Margins, horizon, lost_tickets
from shared.clock import Clock
from shared.domain.order import Order, log_id
from shared.runtime.bounded_map import BoundedMap
from shared.store.contract import HeartbeatStore

log = structlog.stdlib.get_logger(__name__)

MOST_AT_ONCE = 200
"""Fresh tickets per round: a bug of ours must not flood the queue."""

_REMEMBERED = 10_000
_NAMED = 10


class FreshTickets:
    """Requeues the orders whose tickets are gone, as far as the horizon proves it."""

    def __init__(
        self,
        *,
        store: HeartbeatStore,
        monitor: EmptyQueueMonitor,
        dispatcher: OrderDispatcher,
        clock: Clock,
        margins: Margins,
    ) -> None:
        self._store = store
        self._monitor = monitor
        self._dispatcher = dispatcher
        self._clock = clock
        self._margins = margins
        self._given: BoundedMap[str, dt.datetime] = BoundedMap(_REMEMBERED)

    async def horizon(self) -> dt.datetime | None:
        """Return the time from before which no ticket is on the queue any more, if it is known."""
        now = self._clock()
        heartbeats = await self._store.worker_heartbeats(now)
        sent_at = [
            beat.newest_ticket_at for beat in heartbeats if beat.newest_ticket_at is not None
        ]
        waiting = [beat.waiting_since for beat in heartbeats if beat.waiting_since is not None]
        return horizon(self._monitor.empty_at, sent_at, now, self._margins, waiting_since=waiting)

    async def requeue(self, waiting: Sequence[Order], horizon: dt.datetime) -> None:
        """Queue a fresh ticket for each order that has lost its own, up to MOST_AT_ONCE.

        The orders must have been read after the horizon was found.
        """
        lost = lost_tickets(
            waiting, horizon, fresh=self._given, now=self._clock(), margins=self._margins
        )
        if not lost:
            return
        outcomes = await asyncio.gather(
            *(self._requeue_one(order) for order in lost[:MOST_AT_ONCE]), return_exceptions=True
        )
        failures = [outcome for outcome in outcomes if isinstance(outcome, BaseException)]
        log.warning(
            "tickets.lost",
            lost=len(lost),
            given=len(outcomes) - len(failures),
            orders=[log_id(order.id) for order in lost[:_NAMED]],
        )
        if failures:
            raise failures[0]

    def queue_lost(self) -> None:
        """Forget the fresh tickets: the queue has lost them too."""
        self._given.clear()

    async def _requeue_one(self, order: Order) -> None:
        await self._dispatcher.requeue(order)
        self._given[order.id] = self._clock()
