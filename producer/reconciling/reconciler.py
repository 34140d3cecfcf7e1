"""The reconciler: a side task of the cashier that finds and repairs what was lost."""

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciler:
    """Reconciles every `seconds`; orders that are ready for `expire_after` expire.

    Several cashiers may reconcile at once: all writes are by compare-and-set.
    """

    unclean_stops: UncleanStops
    failures: Failures
    open_orders: OpenOrders
    fresh_tickets: FreshTickets
    expiry: Expiry
    dispatcher: OrderDispatcher
    schedule: ScanSchedule
    clock: Clock
    seconds: float
    expire_after: dt.timedelta

    async def run(self, broker_reset: asyncio.Event) -> None:
        """Reconcile now, on a timer, and at once when `broker_reset` is set: a queue was lost."""
        while True:
            await self.reconcile()
            try:
                async with asyncio.timeout(self.seconds):
                    await broker_reset.wait()
            except TimeoutError:
                continue
            broker_reset.clear()
            log.warning("broker.reset")
            self.schedule.scan_every_round()
            self.fresh_tickets.queue_lost()
            self.unclean_stops.topics_lost()

    async def republish(self) -> None:
        """Republish after unclean stops, on a timer; it may take minutes, and delays no repair."""
        while True:
            await _attempt("republish after unclean stops", self.unclean_stops.republish)
            await asyncio.sleep(self.seconds)

    async def reconcile(self) -> None:
        """Run all steps once; a step that fails does not keep the others from running."""
        await _attempt("record the heartbeat", self.unclean_stops.record_heartbeat)
        await _attempt("announce the unannounced", self.dispatcher.announce_remaining)
        await _attempt("repair orders and tickets", self._repair_orders)

    async def _repair_orders(self) -> None:
        """Fail orders before requeuing: a dead letter is gone from the queue too, but not lost."""
        await self.failures.fail()
        if self.schedule.is_due:
            horizon = await self.fresh_tickets.horizon()
            scan = await self.open_orders.scan(self.clock() - self.expire_after)
            self.schedule.scanned()
            if horizon is not None:
                requeue = partial(self.fresh_tickets.requeue, scan.waiting, horizon)
                await _attempt("requeue lost tickets", requeue)
            await _attempt("expire", partial(self.expiry.expire, scan.overdue))


async def _attempt(what: str, step: Callable[[], Awaitable[None]]) -> None:
    try:
        await step()
    except Exception:  # the outermost edge of a step: the others go on, the next round retries
        log.exception("reconcile.failed", step=what)
