"""Opening hours: when the shop is open, when it opens next, and which business day it is."""

from __future__ import annotations

import datetime as dt
import functools
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from itertools import chain, pairwise

from shared.domain.order import Order

_DAY = dt.timedelta(days=1)
_DAYS_BACK = 7


class Weekday(IntEnum):
    """The days of the week, as Python counts them."""

    MONDAY = 0
    TUESDAY = 1
    WEDNESDAY = 2
    THURSDAY = 3
    FRIDAY = 4
    SATURDAY = 5
    SUNDAY = 6


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """The shop is open from one time of day to another: the next day's, unless that is later.

    Times are those that clocks show in the shop. A time that clocks skip when summer begins is
    the moment of the skip; one that they show twice when it ends is the first of the two.
    """

    opens: dt.time
    closes: dt.time

    def __str__(self) -> str:
        """Write the span as in 07:30-18:00."""
        return f"{self.opens:%H:%M}-{self.closes:%H:%M}"

    @property
    def minutes(self) -> tuple[int, int]:
        """The times in minutes since the midnight that the day begins with."""
        opens, closes = (at.hour * 60 + at.minute for at in (self.opens, self.closes))
        return opens, closes if closes > opens else closes + 24 * 60


Spans = Sequence[Span]

_ALL_DAY: Spans = (Span(dt.time(), dt.time()),)


@dataclass(frozen=True, slots=True)
class Hours:
    """When the shop is open: by weekday, except on certain dates; always, without a `week`.

    A span belongs to the day on which it begins. A weekday left out is closed.
    """

    week: Mapping[Weekday, Spans] | None = None
    exceptions: Mapping[dt.date, Spans] = field(default_factory=dict)

    def on(self, day: dt.date) -> Spans:
        """Return the spans that begin on a day."""
        if (spans := self.exceptions.get(day)) is not None:
            return spans
        return _ALL_DAY if self.week is None else self.week.get(Weekday(day.weekday()), ())


@dataclass(frozen=True, slots=True)
class Overlap:
    """A day two of whose spans overlap, or whose last one reaches into the next day's first."""

    day: Weekday | dt.date
    earlier: Span
    later: Span


def overlaps(hours: Hours) -> Iterator[Overlap]:
    """Find spans that overlap; there may be none in hours that the functions below are given."""
    if hours.week is not None:
        for day in Weekday:
            today, tomorrow = (hours.week.get(Weekday(at % 7), ()) for at in (day, day + 1))
            yield from (Overlap(day, *pair) for pair in _overlapping(today, tomorrow))
    for date in sorted({date - back for date in hours.exceptions for back in (0 * _DAY, _DAY)}):
        today, tomorrow = hours.on(date), hours.on(date + _DAY)
        yield from (Overlap(date, *pair) for pair in _overlapping(today, tomorrow))


@dataclass(frozen=True, slots=True)
class OpenTime:
    """A time in which the shop is open, `closes` excluded (UTC), and the day it belongs to."""

    day: dt.date
    opens: dt.datetime
    closes: dt.datetime

    def __contains__(self, at: dt.datetime) -> bool:
        """Tell whether the shop is open in this time at `at`."""
        return self.opens <= at < self.closes


def open_time(hours: Hours, zone: dt.tzinfo, at: dt.datetime) -> OpenTime | None:
    """Find the time that `at` lies in; None while the shop is closed."""
    date = at.astimezone(zone).date()
    # Clocks put back just after midnight show the day before while this day's span has begun.
    for day in (date, date - _DAY, date + _DAY):
        for time in _open_times(hours, zone, day):
            if at in time:
                return time
    return None


def is_open(hours: Hours, zone: dt.tzinfo, at: dt.datetime) -> bool:
    """Tell whether the shop is open."""
    return open_time(hours, zone, at) is not None


def business_day(hours: Hours, zone: dt.tzinfo, at: dt.datetime) -> dt.date:
    """Return the day on which the span began that `at` lies in.

    While the shop is closed, it is still the day that ended last, after midnight too; the date
    when the shop has not been open for a week.
    """
    time = open_time(hours, zone, at)
    return _ended_last(hours, zone, at) if time is None else time.day


def _ended_last(hours: Hours, zone: dt.tzinfo, at: dt.datetime) -> dt.date:
    date = at.astimezone(zone).date()
    for back in range(-1, _DAYS_BACK + 1):
        day = date - back * _DAY
        if any(time.closes <= at for time in _open_times(hours, zone, day)):
            return day
    return date


def has_ended(hours: Hours, zone: dt.tzinfo, day: dt.date, at: dt.datetime) -> bool:
    """Tell whether no order that is placed at `at` or later is of that business day."""
    return day < at.astimezone(zone).date() and business_day(hours, zone, at) != day


def day_of(order: Order, zone: dt.tzinfo) -> dt.date:
    """Return an order's business day; orders of earlier releases have the date of their placing."""
    return order.business_day or order.placed_at.astimezone(zone).date()


def next_opening(hours: Hours, zone: dt.tzinfo, at: dt.datetime) -> dt.datetime | None:
    """Return the first moment (UTC) from `at` on at which the shop is open; None if never."""
    yesterday = at.astimezone(zone).date() - _DAY
    # Each exception can close a weekday once more, and so can clocks that skip its span.
    ahead = [yesterday + days * _DAY for days in range(7 * (len(hours.exceptions) + 3))]
    later = sorted(date for date in hours.exceptions if date > ahead[-1])
    for day in chain(ahead, later):
        for time in _open_times(hours, zone, day):
            if max(time.opens, at) < time.closes:
                return max(time.opens, at.astimezone(dt.UTC))
    return None


def _open_times(hours: Hours, zone: dt.tzinfo, day: dt.date) -> Iterator[OpenTime]:
    for span in sorted(hours.on(day)):
        closing_day = day if span.closes > span.opens else day + _DAY
        opens, closes = _moment(zone, day, span.opens), _moment(zone, closing_day, span.closes)
        yield OpenTime(day, opens, closes)


@functools.lru_cache(maxsize=1024)
def _moment(zone: dt.tzinfo, day: dt.date, time: dt.time) -> dt.datetime:
    """Return the first moment (UTC) at which clocks in `zone` show that time or a later one."""
    shown = dt.datetime.combine(day, time)
    first, second = (shown.replace(tzinfo=zone, fold=fold).astimezone(dt.UTC) for fold in (0, 1))
    if first <= second:
        return first
    # Clocks skip it: `first` is after the skip, and `second` before it (PEP 495).
    seconds = range(int((first - second).total_seconds()))
    skip = bisect_left(seconds, shown, key=lambda after: _shown(zone, second, after))
    return second + dt.timedelta(seconds=skip)


def _shown(zone: dt.tzinfo, since: dt.datetime, seconds: int) -> dt.datetime:
    return (since + dt.timedelta(seconds=seconds)).astimezone(zone).replace(tzinfo=None)


def _overlapping(today: Spans, tomorrow: Spans) -> Iterator[tuple[Span, Span]]:
    ordered = sorted(today)
    for earlier, later in pairwise(ordered):
        if earlier.minutes[1] > later.minutes[0]:
            yield earlier, later
    if ordered and tomorrow and ordered[-1].minutes[1] > min(tomorrow).minutes[0] + 24 * 60:
        yield ordered[-1], min(tomorrow)
