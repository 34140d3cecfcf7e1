"""The reconciler: a side task of the cashier that goes round what may have been lost."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import structlog

from producer.handover import Handover
from producer.reconciling.expiry import Expiry
from producer.reconciling.failures import Failures
from producer.reconciling.fresh_tickets import FreshTickets
from producer.reconciling.unclean_stops import UncleanStops

log = structlog.stdlib.get_logger(__name__)

_WATCHFUL_SECONDS = 120
"""How long orders are looked at in every round, once something may have been lost."""


@dataclass(frozen=True, slots=True)
class Rhythm:
    """How often there is a round, and how often one looks at the open orders; in seconds."""

    rounds: float
    looks: float


class Reconciler:
    """Goes round and round. Several cashiers may do so at once: all is by compare-and-set."""

    def __init__(
        self,
        unclean_stops: UncleanStops,
        failures: Failures,
        fresh_tickets: FreshTickets,
        expiry: Expiry,
        handover: Handover,
        rhythm: Rhythm,
    ) -> None:
        self._unclean_stops = unclean_stops
        self._failures = failures
        self._fresh_tickets = fresh_tickets
        self._expiry = expiry
        self._handover = handover
        self._rhythm = rhythm
        self._watchful_until = time.monotonic() + _WATCHFUL_SECONDS
        self._looked_at = -float("inf")

    async def run(self, hangup: asyncio.Event) -> None:
        """Reconcile now and on a timer, and at once when `hangup` says that the queue was lost."""
        while True:
            await self.reconcile()
            try:
                async with asyncio.timeout(self._rhythm.rounds):
                    await hangup.wait()
            except TimeoutError:
                continue
            hangup.clear()
            log.warning("queue.lost")
            self._watchful_until = time.monotonic() + _WATCHFUL_SECONDS
            self._fresh_tickets.distrust_the_queue()
            self._unclean_stops.topics_lost()

    async def reconcile(self) -> None:
        """Go round once."""
        await _attempt("make up for unclean stops", self._unclean_stops.check)
        await _attempt("announce what was not", self._handover.tell_the_untold)
        await _attempt("bring tickets and orders together", self._settle_tickets)
        await _attempt("expire", self._expiry.expire)

    async def _settle_tickets(self) -> None:
        """Fail orders before giving tickets: what is a dead letter is gone from the queue too."""
        await self._failures.fail()
        now = time.monotonic()
        if now < self._watchful_until or now - self._looked_at >= self._rhythm.looks:
            await self._fresh_tickets.give()
            self._looked_at = now


async def _attempt(what: str, step: Callable[[], Awaitable[None]]) -> None:
    try:
        await step()
    except Exception:  # the outermost edge of a step: the others go on, and the next round retries
        log.exception("reconcile.failed", step=what)
