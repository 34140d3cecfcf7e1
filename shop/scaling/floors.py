"""The floors besides the minimum: the schedule's and the forecast's."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from shared.clock import Clock
from shop.scaling.autoscaler import Floor
from shop.scaling.forecast_cache import ForecastCache
from shop.scaling.schedule import Schedule
from shop.scaling.throughput import Throughput


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
