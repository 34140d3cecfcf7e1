"""The forecast: how many baristas the orders of past days, hour by hour, will take today.

As predictive scaling has it: it only ever raises the floor, and what it missed is the autoscaler's
to make up for. A day repeats itself by the shop's own clock, so hours are local ones.
"""

from __future__ import annotations

import datetime as dt
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from shop.scaling.target import Pace, workers_at

PAST_DAYS = 7
AHEAD = dt.timedelta(minutes=10)
"""How long before an hour begins its baristas come, so that they have settled in."""

_HOUR = dt.timedelta(hours=1)


class ForecastUse(StrEnum):
    """What becomes of the forecast: nothing, it is shown, or it is a floor."""

    OFF = "off"
    SHOW = "show"
    ON = "on"


@dataclass(frozen=True, slots=True)
class Hour:
    """An hour of the past, in UTC."""

    since: dt.datetime

    @property
    def until(self) -> dt.datetime:
        """When it was over."""
        return self.since + _HOUR


def hours_to_come(now: dt.datetime) -> Sequence[dt.datetime]:
    """Name the hours that baristas are needed for now: this one, and soon the next (UTC)."""
    this, soon = _begin(now), _begin(now + AHEAD)
    return [this] if this == soon else [this, soon]


def same_hour_before(hour: dt.datetime, timezone: dt.tzinfo) -> Sequence[Hour]:
    """Name the hours of the past days that stood at the same time on the wall (UTC)."""
    local = hour.astimezone(timezone)
    return [
        Hour((local - dt.timedelta(days=back)).astimezone(dt.UTC))
        for back in range(1, PAST_DAYS + 1)
    ]


def forecast(arrivals: Sequence[int], pace: Pace) -> int:
    """Say how many baristas keep up with an hour that brought so many orders on past days.

    Their mean is expected again. Days that brought none are left out: the shop was closed then,
    or not there yet. Nothing is expected of an hour that never brought any.
    """
    busy = [count for count in arrivals if count]
    if not busy:
        return 0
    return workers_at(statistics.fmean(busy) / _HOUR.total_seconds(), pace)


def _begin(at: dt.datetime) -> dt.datetime:
    return at.replace(minute=0, second=0, microsecond=0)
