"""The floors besides the minimum: what is scheduled, and what is forecast."""

from __future__ import annotations

import datetime as dt

from shared.clock import Clock
from shop.scaling.autoscaler import Floor
from shop.scaling.forecast_cache import Foresight
from shop.scaling.schedule import Schedule
from shop.scaling.target import Pace


class Floors:
    """Below which the number of baristas does not fall, by the shop's own clock.

    `forecast` is what was foreseen last, if there is foresight. It is shown, and obeyed only if
    `forecast_counts`.
    """

    def __init__(
        self,
        schedule: Schedule,
        timezone: dt.tzinfo,
        clock: Clock,
        foresight: Foresight | None = None,
        *,
        forecast_counts: bool = False,
    ) -> None:
        self._schedule = schedule
        self._timezone = timezone
        self._clock = clock
        self._foresight = foresight
        self.forecast_counts = forecast_counts
        self.forecast: int | None = None

    @property
    def scheduled(self) -> int | None:
        """How many are scheduled now at least; none where nothing is."""
        return self._schedule.floor(self._clock(), self._timezone)

    async def look_ahead(self, pace: Pace) -> None:
        """Foresee anew how many will be needed of baristas that are this fast."""
        if self._foresight is not None:
            self.forecast = await self._foresight.floor(pace)

    def in_force(self) -> tuple[Floor, ...]:
        """Give those that are to be obeyed now."""
        forecast = self.forecast if self.forecast_counts else None
        floors = (("the schedule", self.scheduled), ("the forecast", forecast))
        return tuple(Floor(count, source) for source, count in floors if count is not None)
