"""The floors besides the minimum: the schedule's, and the forecast's from past orders."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import structlog

from shared.clock import Clock
from shared.domain.errors import UnavailableError
from shared.store.contract import OrderCounts
from shop.scaling.autoscaler import Floor
from shop.scaling.forecast import Hour, forecast, hours_to_come, same_hour_before
from shop.scaling.metrics_reader import READ_SECONDS
from shop.scaling.schedule import Schedule
from shop.scaling.target import Throughput

log = structlog.stdlib.get_logger(__name__)


class ForecastCache:
    """Forecasts from order counts of past hours, each of which it reads from the store once."""

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


@dataclass(slots=True, kw_only=True)
class Floors:
    """The least numbers of baristas that hold now, by the shop's own clock.

    `forecast` is the last one, None without `forecasts`. It is shown, and counts as a floor only
    if `forecast_counts`.
    """

    schedule: Schedule
    timezone: dt.tzinfo
    clock: Clock
    forecasts: ForecastCache | None = None
    forecast_counts: bool = False
    forecast: int | None = None

    @property
    def scheduled(self) -> int | None:
        """The schedule's floor now; None when nothing is scheduled."""
        return self.schedule.floor(self.clock(), self.timezone)

    async def update_forecast(self, throughput: Throughput) -> None:
        """Forecast again how many baristas of this throughput will be needed."""
        if self.forecasts is not None:
            self.forecast = await self.forecasts.floor(throughput)

    def in_force(self) -> tuple[Floor, ...]:
        """Return the floors that hold now."""
        forecast = self.forecast if self.forecast_counts else None
        floors = (("the schedule", self.scheduled), ("the forecast", forecast))
        return tuple(Floor(count, source) for source, count in floors if count is not None)
