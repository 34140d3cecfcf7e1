"""Foresight: the forecast's floor, from counts of past hours that are made once an hour."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import structlog

from shared.runtime.clock import Clock
from shared.store.contract import OrderCounts, StoreUnavailableError
from shop.scaling.forecast import forecast, hours_to_come, same_hour_before
from shop.scaling.target import Pace

log = structlog.stdlib.get_logger(__name__)


class Foresight:
    """Remembers how many orders came in the hours that are looked at now."""

    def __init__(self, orders: OrderCounts, timezone: dt.tzinfo, clock: Clock) -> None:
        self._orders = orders
        self._timezone = timezone
        self._clock = clock
        self._arrivals: dict[dt.datetime, Sequence[int]] = {}

    async def floor(self, pace: Pace) -> int | None:
        """Say how many baristas are expected to be needed; none while the store is away."""
        hours = hours_to_come(self._clock())
        try:
            self._arrivals = {
                hour: self._arrivals.get(hour) or await self._count(hour) for hour in hours
            }
        except StoreUnavailableError as error:
            log.warning("scaling.no_forecast", error=str(error))
            return None
        return max(forecast(arrivals, pace) for arrivals in self._arrivals.values())

    async def _count(self, hour: dt.datetime) -> Sequence[int]:
        return [
            await self._orders.count_placed(past.since, past.until)
            for past in same_hour_before(hour, self._timezone)
        ]
