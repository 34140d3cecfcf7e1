"""The forecast: how many baristas this hour's orders need, judged by the same hour of past days.

Like predictive scaling on AWS it only raises the floor; the autoscaler covers what it missed.
Days repeat by the shop's own clock, so hours are local ones.
"""

from __future__ import annotations

import datetime as dt
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from shop.scaling.target import Throughput, workers_at

PAST_DAYS = 7
AHEAD = dt.timedelta(minutes=10)
"""How long before an hour begins its baristas are started, so that they are ready in time."""

_HOUR = dt.timedelta(hours=1)


class ForecastUse(StrEnum):
    """What the forecast is used for: nothing, to be shown, or as a floor."""

    OFF = "off"
    SHOW = "show"
    ON = "on"


@dataclass(frozen=True, slots=True)
class Hour:
    """An hour of the past, in UTC."""

    since: dt.datetime

    @property
    def until(self) -> dt.datetime:
        """When it ended."""
        return self.since + _HOUR


def hours_to_come(now: dt.datetime) -> Sequence[dt.datetime]:
    """Return the hours to staff now: this one, and the next shortly before it begins (UTC)."""
    this, soon = _begin(now), _begin(now + AHEAD)
    return [this] if this == soon else [this, soon]


def same_hour_before(hour: dt.datetime, timezone: dt.tzinfo) -> Sequence[Hour]:
    """Return the hours of the past days with the same local time."""
    local = hour.astimezone(timezone)
    return [
        Hour((local - dt.timedelta(days=back)).astimezone(dt.UTC))
        for back in range(1, PAST_DAYS + 1)
    ]


def forecast(arrivals: Sequence[int], throughput: Throughput) -> int:
    """Return how many baristas an hour needs that brought `arrivals` orders on past days.

    It expects their mean. Days without orders are left out, since the shop was closed or not yet
    there; an hour that never brought an order needs nobody.
    """
    busy = [count for count in arrivals if count]
    if not busy:
        return 0
    return workers_at(statistics.fmean(busy) / _HOUR.total_seconds(), throughput)


def _begin(at: dt.datetime) -> dt.datetime:
    return at.replace(minute=0, second=0, microsecond=0)
