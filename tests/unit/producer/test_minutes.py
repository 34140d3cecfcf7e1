"""The last hour by the minute, out of the times of orders."""

from __future__ import annotations

import datetime as dt

from producer.reports.minutes import OrderTimes, Spread, minutes_of, spread

NOW = dt.datetime(2026, 11, 20, 12, 30, 40, tzinfo=dt.UTC)
SECOND = dt.timedelta(seconds=1)


def test_sixty_minutes_end_with_the_one_that_it_is() -> None:
    minutes = minutes_of([], NOW)
    assert len(minutes) == 60
    assert minutes[-1].at == NOW.replace(second=0)
    assert minutes[0].at == NOW.replace(second=0) - dt.timedelta(minutes=59)
    assert {(one.placed, one.ready, one.failed, one.total) for one in minutes} == {(0, 0, 0, None)}


def test_an_order_counts_in_the_minutes_in_which_things_happened_to_it() -> None:
    placed = NOW - 100 * SECOND
    order = OrderTimes(placed, placed + 30 * SECOND, placed + 90 * SECOND, None)
    before, between, last = minutes_of([order], NOW)[-3:]
    assert (before.placed, before.wait) == (0, None)
    assert (between.placed, between.wait, between.ready) == (1, Spread(30, 30), 0)
    assert (last.placed, last.ready) == (0, 1)
    assert (last.prep, last.total) == (Spread(60, 60), Spread(90, 90))


def test_failures_are_counted_and_are_not_ready() -> None:
    order = OrderTimes(NOW - SECOND, NOW, None, NOW)
    assert (minutes_of([order], NOW)[-1].failed, minutes_of([order], NOW)[-1].ready) == (1, 0)


def test_percentiles_are_times_that_some_order_took() -> None:
    assert spread(range(1, 101)) == Spread(50, 95)
    assert spread([7]) == Spread(7, 7)
    assert spread([]) is None
