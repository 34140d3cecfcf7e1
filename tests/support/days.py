"""Days of orders, and what must be reported of them, counted in the most obvious way."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from shared.domain.estimate import Estimate
from shared.domain.hours import Hours, Span, Weekday, business_day
from shared.domain.order import LineItem, Order, OrderState, TimelineEntry
from shared.domain.tax import Rounding, tax_of
from tests.support.orders import an_order

BERLIN = ZoneInfo("Europe/Berlin")
SUMMER_BEGINS, SUMMER_ENDS = dt.date(2026, 3, 29), dt.date(2026, 10, 25)
LATE_BAR = Hours({day: (Span(dt.time(18), dt.time(4)),) for day in Weekday})
"""Open until four in the morning: through both changes of the clocks."""

_PATHS: Sequence[Sequence[OrderState]] = [
    [OrderState(state) for state in path.split()]
    for path in (
        "placed",
        "placed preparing",
        "placed preparing ready",
        "placed preparing ready collected",
        "placed preparing ready expired",
        "placed canceled",
        "placed preparing canceled",
        "placed preparing failed",
        "placed failed placed preparing ready",
    )
]


@st.composite
def orders_around(draw: st.DrawFn, day: dt.date, hours: Hours, *, old: bool) -> Order:
    """An order placed a day before `day`, on it, or on the two after; `old` ones know no day."""
    midnight = dt.datetime.combine(day, dt.time(), dt.UTC)
    placed_at = midnight + dt.timedelta(milliseconds=draw(st.integers(-86_400_000, 172_800_000)))
    path, timeline, at = draw(st.sampled_from(_PATHS)), [], placed_at
    for state in path:
        timeline.append(TimelineEntry(state, at, draw(st.sampled_from([None, "Ada"]))))
        at += dt.timedelta(milliseconds=draw(st.integers(0, 900_000)))
    included, remade = draw(st.booleans()), draw(st.integers(0, 4)) == 0
    return replace(
        an_order(),
        state=path[-1],
        version=len(path),
        timeline=tuple(timeline),
        items=tuple(draw(st.lists(_lines(free=remade, included=included), min_size=1, max_size=3))),
        prices_include_tax=included,
        business_day=None if old else business_day(hours, BERLIN, placed_at),
        remake_of="first" if remade else None,
        estimate=draw(st.none() | st.builds(Estimate, st.just(0), st.integers(0, 900))),
        cancel_reason=draw(st.sampled_from([None, "no milk", "too slow"])),
    )


@st.composite
def _lines(draw: st.DrawFn, *, free: bool, included: bool) -> LineItem:
    item, size = draw(st.sampled_from(["tea", "latte"])), draw(st.sampled_from(["small", "large"]))
    quantity, price = draw(st.integers(1, 20)), 0 if free else draw(st.integers(0, 2000))
    rate = draw(st.sampled_from([0, 7000, 8875, 19000]))
    tax = tax_of(price * quantity, rate, included=included, rounding=Rounding.HALF_UP)
    return LineItem("1", item, item.title(), size, (), quantity, price, None, rate, tax)


def obvious_report(orders: Sequence[Mapping[str, Any]], day: str, zone: ZoneInfo) -> dict[str, Any]:
    """Count a day's orders, as the API shows them; `business_day` is that of the store."""
    todays = [order for order in orders if _day(order, zone) == day]
    sold = [
        order
        for order in todays
        if order["state"] not in {"canceled", "failed"} and order["remake_of"] is None
    ]
    lines = [(order, line) for order in sold for line in order["items"]]
    items = {(line["item"], line["size"]) for _, line in lines}
    waited = [(order, _wait(order)) for order in sold if order["ready_at"] is not None]
    waits = sorted(wait for _, wait in waited)
    in_time = [wait <= order["promised"] for order, wait in waited if order["promised"] is not None]
    reasons = [
        order["cancel_reason"] if order["moved_by"] else None
        for order in todays
        if order["state"] == "canceled"
    ]
    return {
        "orders": len(todays),
        "sold": len(sold),
        "remakes": sum(order["remake_of"] is not None for order in todays),
        "states": {state.value: _count(todays, state) for state in OrderState},
        "hours": _hours(todays, day, zone),
        "items": {
            (item, size): (
                sum(line["quantity"] for _, line in lines if _is(line, item, size)),
                sum(_paid(order, line) for order, line in lines if _is(line, item, size)),
            )
            for item, size in items
        },
        "rates": {
            rate: (
                sum(_paid(*each) - each[1]["tax"] for each in lines if each[1]["tax_rate"] == rate),
                sum(line["tax"] for _, line in lines if line["tax_rate"] == rate),
                sum(_paid(*each) for each in lines if each[1]["tax_rate"] == rate),
            )
            for rate in {line["tax_rate"] for _, line in lines}
        },
        "gross": sum(order["total"] for order in sold),
        "waits": (
            (len(waits), _rank(waits, 0.5), _rank(waits, 0.9), len(in_time), sum(in_time))
            if waits
            else None
        ),
        "cancels": {reason: reasons.count(reason) for reason in set(reasons)},
    }


def _day(order: Mapping[str, Any], zone: ZoneInfo) -> str:
    if order["business_day"] is not None:
        return str(order["business_day"])
    return str(_local(order["placed_at"], zone).date())


def _hours(orders: Sequence[Mapping[str, Any]], day: str, zone: ZoneInfo) -> dict[str, int]:
    """Look at the clock in the shop every minute of three days."""
    begins = dt.datetime.fromisoformat(day).replace(tzinfo=dt.UTC) - dt.timedelta(days=1)
    minutes = (begins + dt.timedelta(minutes=minute) for minute in range(3 * 24 * 60))
    shown = (at.astimezone(zone) for at in minutes)
    hours = {_hour(at): 0 for at in shown if str(at.date()) == day}
    for order in orders:
        hour = _hour(_local(order["placed_at"], zone))
        hours[hour] = hours.get(hour, 0) + 1
    return hours


def _hour(at: dt.datetime) -> str:
    return f"{at:%Y-%m-%dT%H:00:00}{at.isoformat()[-6:]}"


def _local(text: str, zone: ZoneInfo) -> dt.datetime:
    return dt.datetime.fromisoformat(text).astimezone(zone)


def _wait(order: Mapping[str, Any]) -> float:
    times = [dt.datetime.fromisoformat(order[name]) for name in ("placed_at", "ready_at")]
    return round((times[1] - times[0]).total_seconds(), 3)


def _rank(ordered: Sequence[float], share: float) -> float:
    """The first value that at least this share of all values are not above."""
    return next(
        value for value in ordered if sum(each <= value for each in ordered) >= share * len(ordered)
    )


def _count(orders: Sequence[Mapping[str, Any]], state: str) -> int:
    return sum(order["state"] == state for order in orders)


def _is(line: Mapping[str, Any], item: str, size: str) -> bool:
    return (line["item"], line["size"]) == (item, size)


def _paid(order: Mapping[str, Any], line: Mapping[str, Any]) -> int:
    price = line["quantity"] * line["unit_price"]
    return int(price if order["prices_include_tax"] else price + line["tax"])
