"""The reconciler: a side task of the cashier that goes round what may have been lost."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial

import structlog

from producer.orders.dispatcher import OrderDispatcher
from producer.reconciling.expiry import Expiry
from producer.reconciling.failures import Failures
from producer.reconciling.fresh_tickets import FreshTickets
from producer.reconciling.open_orders import OpenOrders
from producer.reconciling.scan_schedule import ScanSchedule
from producer.reconciling.unclean_stops import UncleanStops
from shared.clock import Clock

log = structlog.stdlib.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Reconciler:
    """Goes round and round. Several cashiers may do so at once: all is by compare-and-set.

    There is a round every `seconds`; orders that are ready for `expire_after` expire.
    """

    unclean_stops: UncleanStops
    failures: Failures
    open_orders: OpenOrders
    fresh_tickets: FreshTickets
    expiry: Expiry
    dispatcher: OrderDispatcher
    looks: ScanSchedule
    clock: Clock
    seconds: float
    expire_after: dt.timedelta

    async def run(self, broker_reset: asyncio.Event) -> None:
        """Reconcile now, on a timer, and at once when `broker_reset` tells of a lost queue."""
        while True:
            await self.reconcile()
            try:
                async with asyncio.timeout(self.seconds):
                    await broker_reset.wait()
            except TimeoutError:
                continue
            broker_reset.clear()
            log.warning("queue.lost")
            self.looks.be_watchful()
            self.fresh_tickets.distrust_the_queue()
            self.unclean_stops.topics_lost()

    async def reconcile(self) -> None:
        """Go round once."""
        await _attempt("make up for unclean stops", self.unclean_stops.check)
        await _attempt("announce what was not", self.dispatcher.announce_remaining)
        await _attempt("bring tickets and orders together", self._settle)

    async def _settle(self) -> None:
        """Fail orders before giving tickets: what is a dead letter is gone from the queue too."""
        await self.failures.fail()
        if self.looks.is_due:
            horizon = await self.fresh_tickets.horizon()
            look = await self.open_orders.look(self.clock() - self.expire_after)
            self.looks.looked()
            if horizon is not None:
                give = partial(self.fresh_tickets.give, look.waiting, horizon)
                await _attempt("give fresh tickets", give)
            await _attempt("expire", partial(self.expiry.expire, look.overdue))


async def _attempt(what: str, step: Callable[[], Awaitable[None]]) -> None:
    try:
        await step()
    except Exception:  # the outermost edge of a step: the others go on, and the next round retries
        log.exception("reconcile.failed", step=what)
