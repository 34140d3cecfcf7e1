"""What past days foretell, hour by hour of the shop's own clock."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from shop.scaling.forecast import Hour, forecast, hours_to_come, same_hour_before
from shop.scaling.target import Throughput

THROUGHPUT = Throughput(prep_seconds=30, concurrency=4)
BERLIN = ZoneInfo("Europe/Berlin")
EIGHT = dt.datetime(2026, 11, 20, 8, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("arrivals", "workers"),
    [
        ([], 0),
        ([0, 0, 0], 0),
        ([480], 1),
        ([481], 2),
        ([1440, 1440], 3),
        ([960, 480, 0, 0], 2),
    ],
    ids=[
        "no past",
        "never any",
        "one barista's hour",
        "and one more",
        "steady",
        "mean of open days",
    ],
)
def test_the_mean_of_past_days_is_expected_again(arrivals: list[int], workers: int) -> None:
    assert forecast(arrivals, THROUGHPUT) == workers


def test_the_next_hour_counts_ten_minutes_before_it_begins() -> None:
    nine = EIGHT + dt.timedelta(hours=1)

    assert hours_to_come(EIGHT + dt.timedelta(minutes=49, seconds=59)) == [EIGHT]
    assert hours_to_come(EIGHT + dt.timedelta(minutes=50)) == [EIGHT, nine]


def test_the_same_hour_of_past_days_is_that_of_the_shops_own_clock() -> None:
    monday_after_summer_time = dt.datetime(2026, 10, 26, 7, tzinfo=dt.UTC)  # 8 in Berlin

    hours = same_hour_before(monday_after_summer_time, BERLIN)

    assert [hour.since.astimezone(BERLIN).hour for hour in hours] == [8] * 7
    assert hours[0] == Hour(dt.datetime(2026, 10, 25, 7, tzinfo=dt.UTC))
    assert hours[1] == Hour(dt.datetime(2026, 10, 24, 6, tzinfo=dt.UTC))
    assert hours[1].until == dt.datetime(2026, 10, 24, 7, tzinfo=dt.UTC)
