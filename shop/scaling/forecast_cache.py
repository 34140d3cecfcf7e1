"""Foresight: the forecast's floor, from counts of past hours that are made once an hour."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Sequence

import structlog

from shared.clock import Clock
from shared.store.contract import OrderCounts, StoreUnavailableError
from shop.scaling.forecast import Hour, forecast, hours_to_come, same_hour_before
from shop.scaling.metrics_reader import ANSWER_SECONDS
from shop.scaling.target import Pace

log = structlog.stdlib.get_logger(__name__)


class Foresight:
    """Remembers how many orders came in the hours that are looked at now, each counted once."""

    def __init__(self, orders: OrderCounts, timezone: dt.tzinfo, clock: Clock) -> None:
        self._orders = orders
        self._timezone = timezone
        self._clock = clock
        self._counts: dict[Hour, int] = {}
        self._arrivals: Sequence[Sequence[int]] = ()

    async def floor(self, pace: Pace) -> int | None:
        """Say how many baristas are expected to be needed, within 3 s.

        An hour that cannot be counted yet is left out, and if that leaves none, what was known
        last holds; none before anything was.
        """
        ahead = [same_hour_before(hour, self._timezone) for hour in hours_to_come(self._clock())]
        await self._look_back([past for hour in ahead for past in hour])
        known = [hour for hour in ahead if all(past in self._counts for past in hour)]
        if known:
            self._arrivals = [[self._counts[past] for past in hour] for hour in known]
        return max((forecast(arrivals, pace) for arrivals in self._arrivals), default=None)

    async def _look_back(self, pasts: Sequence[Hour]) -> None:
        self._counts = {past: self._counts[past] for past in pasts if past in self._counts}
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                for past in pasts:
                    if past not in self._counts:
                        self._counts[past] = await self._orders.count_placed(past.since, past.until)
        except (StoreUnavailableError, TimeoutError) as error:
            log.warning("scaling.no_forecast", error=str(error) or "no answer in time")
