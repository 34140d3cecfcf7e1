"""Scheduled capacity, by the shop's own clock, summer time or not."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from shop.scaling.schedule import Schedule, parse_schedule

BERLIN = ZoneInfo("Europe/Berlin")
PLAN = parse_schedule("18:00=1, 07:30=4,11:00=2")


@pytest.mark.parametrize(
    ("local", "floor"),
    [("00:00", 1), ("07:29", 1), ("07:30", 4), ("10:59", 4), ("11:00", 2), ("23:59", 1)],
)
@pytest.mark.parametrize("day", [dt.date(2026, 1, 15), dt.date(2026, 7, 15)])
def test_the_last_time_that_has_passed_counts(local: str, floor: int, day: dt.date) -> None:
    at = dt.datetime.combine(day, dt.time.fromisoformat(local), BERLIN)

    assert PLAN.floor(at.astimezone(dt.UTC), BERLIN) == floor


def test_without_a_schedule_there_is_no_floor() -> None:
    assert parse_schedule("") == Schedule()
    assert Schedule().floor(dt.datetime.now(dt.UTC), BERLIN) is None
    assert Schedule().most == 0


def test_the_highest_number_is_known() -> None:
    assert PLAN.most == 4


@pytest.mark.parametrize("text", ["7=4", "07:30", "07:30=", "07:30=-1", "25:00=2", "07:30=x", "x"])
def test_what_is_no_schedule_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match=r"as in 07:30=4,11:00=2"):
        parse_schedule(text)


def test_no_time_may_be_named_twice() -> None:
    with pytest.raises(ValueError, match="no time twice"):
        parse_schedule("07:30=4,07:30=2")
