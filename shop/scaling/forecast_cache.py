"""The forecast's floor, from order counts of past hours that are read from the store once each."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Sequence

import structlog

from shared.clock import Clock
from shared.domain.errors import UnavailableError
from shared.store.contract import OrderCounts
from shop.scaling.forecast import Hour, forecast, hours_to_come, same_hour_before
from shop.scaling.metrics_reader import READ_SECONDS
from shop.scaling.throughput import Throughput

log = structlog.stdlib.get_logger(__name__)


class ForecastCache:
    """Keeps the order counts of the past hours that the forecast needs now."""

    def __init__(self, orders: OrderCounts, timezone: dt.tzinfo, clock: Clock) -> None:
        self._orders = orders
        self._timezone = timezone
        self._clock = clock
        self._counts: dict[Hour, int] = {}
        self._arrivals: Sequence[Sequence[int]] = ()

    async def floor(self, throughput: Throughput) -> int | None:
        """Return how many baristas will be needed, within 3 s.

        An hour that cannot be counted is left out. When all are, the last known counts hold;
        None before there were any.
        """
        ahead = [same_hour_before(hour, self._timezone) for hour in hours_to_come(self._clock())]
        await self._count([past for hour in ahead for past in hour])
        known = [hour for hour in ahead if all(past in self._counts for past in hour)]
        if known:
            self._arrivals = [[self._counts[past] for past in hour] for hour in known]
        return max((forecast(arrivals, throughput) for arrivals in self._arrivals), default=None)

    async def _count(self, hours: Sequence[Hour]) -> None:
        self._counts = {hour: self._counts[hour] for hour in hours if hour in self._counts}
        try:
            async with asyncio.timeout(READ_SECONDS):
                for hour in hours:
                    if hour not in self._counts:
                        self._counts[hour] = await self._orders.count_placed(hour.since, hour.until)
        except (UnavailableError, TimeoutError) as error:
            log.warning("scaling.no_forecast", error=str(error) or "no answer in time")
