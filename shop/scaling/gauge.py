"""The gauge: reads off queue and store what the autoscaler decides by."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

import structlog

from shared.aws.errors import AwsUnavailableError
from shared.domain.order import OrderState
from shared.runtime.clock import Clock
from shared.store.contract import OrderStore, ShopStore, StoreUnavailableError
from shop.scaling.pace import measured_seconds
from shop.scaling.target import Pace

log = structlog.stdlib.get_logger(__name__)

ANSWER_SECONDS = 3.0
LATELY = dt.timedelta(minutes=10)
MEASURED_ORDERS = 40
MEASURE_AGAIN = dt.timedelta(seconds=15)


class TicketCount(Protocol):
    """Whoever can count the tickets waiting and in flight."""

    async def backlog(self) -> int:
        """Count them."""


class OrdersAndShifts(OrderStore, ShopStore, Protocol):
    """What the gauge reads in the order store."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read; `backlog` is none when the queue was out of reach.

    `in_hand` is how many orders each barista on the roster is at work on.
    """

    backlog: int | None
    pace: Pace
    in_hand: Mapping[str, int] = field(default_factory=dict)


class Gauge:
    """Asks the queue itself: it knows when it knows nothing, and needs no counter to be up.

    `pace` holds until enough orders have been measured, and then its concurrency does.
    """

    def __init__(
        self, tickets: TicketCount, store: OrdersAndShifts, pace: Pace, clock: Clock
    ) -> None:
        self._tickets = tickets
        self._store = store
        self._pace = pace
        self._clock = clock
        self._opened_at = clock()
        self._measured_at: dt.datetime | None = None

    async def read(self) -> Reading:
        """Read everything; takes 3 s at most, and what is out of reach is left out."""
        backlog, pace, in_hand = await asyncio.gather(
            self._backlog(), self._measure(), self._in_hand()
        )
        return Reading(backlog, pace, in_hand)

    async def _backlog(self) -> int | None:
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                return await self._tickets.backlog()
        except (AwsUnavailableError, TimeoutError) as error:
            log.warning("scaling.no_backlog", error=str(error) or "no answer in time")
            return None

    async def _measure(self) -> Pace:
        now = self._clock()
        if self._measured_at is None or not self._measured_at <= now < (
            self._measured_at + MEASURE_AGAIN
        ):
            try:
                async with asyncio.timeout(ANSWER_SECONDS):
                    page = await self._store.page(OrderState.READY, MEASURED_ORDERS, None)
            except (StoreUnavailableError, TimeoutError) as error:
                log.warning("scaling.not_measured", error=str(error) or "no answer in time")
                return self._pace
            self._measured_at = now
            seconds = measured_seconds(page.orders, max(self._opened_at, now - LATELY))
            if seconds is not None:
                self._pace = Pace(seconds, self._pace.concurrency)
        return self._pace

    async def _in_hand(self) -> Mapping[str, int]:
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                shifts = await self._store.on_shift(self._clock())
        except (StoreUnavailableError, TimeoutError) as error:
            log.warning("scaling.no_roster", error=str(error) or "no answer in time")
            return {}
        return {shift.barista: shift.in_hand for shift in shifts}
