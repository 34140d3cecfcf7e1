"""A day's report is exact, against a count of its orders that looks at each for each figure."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from producer.http.order_model import show_order
from producer.reports.day import MOST_REASONS, DayReport, DayTally, hours_of_day
from producer.reports.spreadsheet import as_csv
from shared.domain.estimate import Estimate
from shared.domain.hours import Hours
from shared.domain.order import LineItem, Order, OrderState, TimelineEntry
from shared.domain.tax import show_rate
from tests.support.days import (
    BERLIN,
    LATE_BAR,
    SUMMER_BEGINS,
    SUMMER_ENDS,
    obvious_report,
    orders_around,
)
from tests.support.orders import an_order

DAYS = [SUMMER_BEGINS, SUMMER_ENDS, dt.date(2026, 10, 24), dt.date(2026, 6, 1)]
NOON = dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC)


def tallied(day: dt.date, orders: Sequence[Order]) -> DayReport:
    tally = DayTally(day, BERLIN)
    for order in orders:
        tally.add(order)
    return tally.report()


def shown(order: Order) -> dict[str, Any]:
    """An order as the API shows it, with what only the store knows."""
    promised = None if order.estimate is None else order.estimate.high_seconds
    return {
        **json.loads(show_order(order, NOON).model_dump_json()),
        "business_day": order.business_day,
        "promised": promised,
        "moved_by": order.timeline[-1].by,
    }


def comparable(report: DayReport) -> dict[str, Any]:
    waits = report.waits
    return {
        "orders": report.orders,
        "sold": report.sold,
        "remakes": report.remakes,
        "states": {state.value: count for state, count in report.states.items()},
        "hours": {hour.begins.isoformat(): hour.orders for hour in report.hours},
        "items": {(one.item, one.size): (one.quantity, one.revenue) for one in report.items},
        "rates": {show_rate(one.rate): (one.net, one.tax, one.gross) for one in report.rates},
        "gross": report.total.gross,
        "waits": waits
        and (waits.count, waits.median / 1000, waits.p90 / 1000, waits.promised, waits.kept),
        "cancels": {one.reason: one.count for one in report.cancels},
    }


@given(
    data=st.data(),
    day=st.sampled_from(DAYS),
    hours=st.sampled_from([Hours(), LATE_BAR]),
    old=st.booleans(),
)
def test_every_figure_is_that_of_the_orders_themselves_when_clocks_change_and_after_midnight(
    *, data: st.DataObject, day: dt.date, hours: Hours, old: bool
) -> None:
    orders = data.draw(st.lists(orders_around(day, hours, old=old), max_size=12))
    report = tallied(day, orders)
    assert comparable(report) == obvious_report([*map(shown, orders)], str(day), BERLIN)
    assert sum(item.revenue for item in report.items) == report.total.gross
    assert [hour.begins for hour in report.hours] == sorted(hour.begins for hour in report.hours)
    assert sum(sum(hour.states.values()) for hour in report.hours) == report.orders


def test_a_day_has_23_or_25_hours_when_clocks_change_and_the_doubled_one_is_told_apart() -> None:
    spring, autumn = [*hours_of_day(SUMMER_BEGINS, BERLIN)], [*hours_of_day(SUMMER_ENDS, BERLIN)]
    assert len(set(spring)) == 23
    assert len(set(autumn)) == 25
    twice = {hour.isoformat() for hour in autumn if hour.hour == 2}
    assert twice == {"2026-10-25T02:00:00+02:00", "2026-10-25T02:00:00+01:00"}


def test_an_empty_day_is_reported_as_one() -> None:
    report = tallied(dt.date(2026, 6, 1), [])
    assert (report.orders, report.sold, report.total.gross, report.waits) == (0, 0, 0, None)
    assert len(report.hours) == 24
    assert set(report.states.values()) == {0}


@pytest.mark.parametrize(("milliseconds", "kept"), [(60_000, 1), (60_001, 0)])
def test_a_promise_is_kept_to_the_millisecond(milliseconds: int, kept: int) -> None:
    ready_at = NOON + dt.timedelta(milliseconds=milliseconds)
    timeline = (*an_order().timeline, TimelineEntry(OrderState.READY, ready_at))
    order = replace(an_order(), timeline=timeline, estimate=Estimate(30, 60))
    waits = tallied(NOON.date(), [order]).waits
    assert waits is not None
    assert (waits.median, waits.promised, waits.kept) == (milliseconds, 1, kept)


def canceled(reason: str | None, by: str | None = "Ada") -> Order:
    timeline = (*an_order().timeline, TimelineEntry(OrderState.CANCELED, NOON, by))
    return replace(an_order(), state=OrderState.CANCELED, timeline=timeline, cancel_reason=reason)


def test_a_customers_own_words_are_not_in_the_owners_report() -> None:
    (counted,) = tallied(NOON.date(), [canceled("The owner is a thief", by=None)]).cancels
    assert (counted.reason, counted.count) == (None, 1)


def test_reasons_that_nobody_else_gave_are_counted_together_once_there_are_many() -> None:
    orders = [canceled(f"reason {number}") for number in range(MOST_REASONS + 5)]
    report = tallied(NOON.date(), [*orders, canceled("reason 3"), canceled(None)])
    assert (report.cancels[0].reason, report.cancels[0].count) == ("reason 3", 2)
    assert len(report.cancels) == MOST_REASONS + 1
    assert (report.cancels[-1].reason, report.cancels[-1].count) == (None, 6)


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)"])
def test_no_text_becomes_a_formula_in_a_spreadsheet(text: str) -> None:
    line = LineItem("1", "latte", text, "large", (), 1, 520)
    table = as_csv(
        tallied(NOON.date(), [canceled(text), replace(an_order(), items=(line,))]), "USD"
    )
    assert table.count(f",'{text}") == 2
    assert f",{text}" not in table
