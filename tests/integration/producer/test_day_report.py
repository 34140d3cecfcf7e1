"""`GET /reports/day`: the day in figures, for managers, from the orders in the store."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from producer.http.order_model import show_order
from shared.clock import utc_now
from shared.domain.estimate import Estimate
from shared.domain.hours import business_day
from shared.domain.order import LineItem, Order, OrderState, TimelineEntry
from shared.domain.tax import Rounding, tax_of
from tests.support.cashier import Answered, ServedCashier, open_cashier, settings_for
from tests.support.command_line import Outcome, run
from tests.support.days import BERLIN, LATE_BAR, SUMMER_ENDS, obvious_report
from tests.support.orders import an_order
from tests.support.web import AS_STAFF, STAFF_KEY

pytestmark = pytest.mark.asyncio(loop_scope="module")

DAY = f"/reports/day?date={SUMMER_ENDS}"
WEEK = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
RATES = (0, 7000, 19000)
PATHS = ("ready collected", "ready", "ready expired", "canceled", "failed", "ready collected")


def orders_of_three_days() -> list[Order]:
    """More than two pages of orders of a late bar, one every 20 minutes; some remade."""
    begins = dt.datetime.combine(SUMMER_ENDS, dt.time(), dt.UTC) - dt.timedelta(days=1)
    return [
        _order(number, begins + number * dt.timedelta(minutes=20)) for number in range(3 * 24 * 3)
    ]


def _order(number: int, placed_at: dt.datetime) -> Order:
    rate, price = RATES[number % 3], 100 + 7 * number
    tax = tax_of(2 * price, rate, included=True, rounding=Rounding.HALF_UP)
    states = [OrderState.PLACED, *map(OrderState, PATHS[number % len(PATHS)].split())]
    return replace(
        an_order(),
        items=(LineItem("1", "latte", "Caffè latte", "large", (), 2, price, None, rate, tax),),
        state=states[-1],
        version=len(states),
        timeline=tuple(
            TimelineEntry(
                state,
                placed_at + step * dt.timedelta(seconds=11 + number),
                "Ada" if number % 5 else None,
            )
            for step, state in enumerate(states)
        ),
        business_day=business_day(LATE_BAR, BERLIN, placed_at),
        estimate=Estimate(10, 100),
        cancel_reason="no milk" if number % 4 else None,
        remake_of="first" if number % 11 == 5 else None,
    )


ORDERS = orders_of_three_days()


def as_shown(order: Order) -> dict[str, Any]:
    shown = json.loads(show_order(order, utc_now()).model_dump_json())
    return {
        **shown,
        "business_day": order.business_day,
        "promised": 100,
        "moved_by": order.timeline[-1].by,
    }


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def cashier(
    ministack: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[ServedCashier]:
    """The cashier of a late bar in Berlin, which keeps its orders for a hundred years."""
    settings = settings_for(
        ministack,
        tmp_path_factory.mktemp("bar"),
        timezone="Europe/Berlin",
        keep_orders_days=36_500,
    )
    async with open_cashier(settings) as cashier:
        for order in ORDERS:
            assert order.business_day is not None
            await cashier.store.place(order, order.business_day)
        yield cashier


async def csv_of(cashier: ServedCashier, accept: str) -> tuple[str, str]:
    async with (
        aiohttp.ClientSession(headers={**AS_STAFF, "Accept": accept}) as http,
        http.get(cashier.url / "reports/day", params={"date": str(SUMMER_ENDS)}) as response,
    ):
        return response.content_type, await response.text()


async def test_the_report_is_exact_against_the_orders_of_the_store(cashier: ServedCashier) -> None:
    answered = await cashier.staff("GET", DAY)

    assert answered.status == 200
    assert answered.headers["Cache-Control"] == "no-store"
    report, expected = (
        answered.body,
        obvious_report([*map(as_shown, ORDERS)], str(SUMMER_ENDS), BERLIN),
    )
    assert {hour["begins"]: hour["orders"] for hour in report["hours"]} == expected["hours"]
    assert {name: report[name] for name in ("orders", "sold", "remakes", "states")} == {
        name: expected[name] for name in ("orders", "sold", "remakes", "states")
    }
    assert {
        rate["rate"]: (rate["net"], rate["tax"], rate["gross"])
        for rate in report["revenue"]["rates"]
    } == expected["rates"]
    assert report["revenue"]["gross"] == expected["gross"]
    assert {
        (item["item"], item["size"]): (item["quantity"], item["revenue"])
        for item in report["items"]
    } == expected["items"]
    waits = report["waits"]
    assert (
        waits["count"],
        waits["median_seconds"],
        waits["p90_seconds"],
        waits["promised"],
        waits["kept"],
    ) == expected["waits"]
    assert {one["reason"]: one["count"] for one in report["cancels"]} == expected["cancels"]
    assert (report["date"], report["timezone"]) == (str(SUMMER_ENDS), "Europe/Berlin")
    assert (report["currency"], report["complete"]) == ("USD", True)
    assert expected["orders"] > 60  # a bar's night of 11 hours, one of them twice, and its day


async def test_a_spreadsheet_has_the_same_figures(cashier: ServedCashier) -> None:
    report = (await cashier.staff("GET", DAY)).body
    kind, text = await csv_of(cashier, "text/csv")

    assert kind == "text/csv"
    rows = [*csv.DictReader(io.StringIO(text, newline=""))]
    (sold,) = [row for row in rows if (row["about"], row["name"]) == ("day", "sold")]
    assert (sold["count"], sold["gross"]) == (
        str(report["sold"]),
        money(report["revenue"]["gross"]),
    )
    hours = {row["name"]: int(row["count"]) for row in rows if row["about"] == "hour"}
    assert hours == {hour["begins"]: hour["orders"] for hour in report["hours"]}
    taxes = {row["name"]: row["tax"] for row in rows if row["about"] == "tax"}
    assert taxes == {rate["rate"]: money(rate["tax"]) for rate in report["revenue"]["rates"]}


def money(amount: int) -> str:
    return f"{amount / 100:.2f}"


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("*/*", "application/json"),
        ("text/html, application/json;q=0.9, text/csv;q=0.8", "application/json"),
        ("application/json, text/csv", "application/json"),
        ("text/csv, application/json;q=0.5", "text/csv"),
        ("TEXT/CSV;q=0.2, */*;q=0.1", "text/csv"),
        ("text/csv;q=1.2.3", "application/json"),
        (",;q=,/", "application/json"),
    ],
)
async def test_who_would_rather_have_a_spreadsheet_gets_one(
    cashier: ServedCashier, accept: str, kind: str
) -> None:
    assert (await csv_of(cashier, accept))[0] == kind


async def command(cashier: ServedCashier, *options: str) -> Outcome:
    arguments = ("report", "--date", str(SUMMER_ENDS), *options)
    return await run(str(cashier.url), *arguments, COFFEE_STAFF_KEY=STAFF_KEY)


async def test_the_command_shows_it_to_people_and_gives_programs_what_the_route_does(
    cashier: ServedCashier,
) -> None:
    report = (await cashier.staff("GET", DAY)).body
    shown, as_json, as_csv = [
        await command(cashier, *options) for options in ([], ["--json"], ["--csv"])
    ]
    assert [outcome.code for outcome in (shown, as_json, as_csv)] == [0, 0, 0], shown.err
    assert "Sunday, 2026-10-25, Europe/Berlin" in shown.out
    assert f"{report['orders']}, {report['sold']} sold" in shown.out
    assert f"{money(report['revenue']['gross'])} USD" in shown.out
    assert f"{report['waits']['kept']} of {report['waits']['promised']}, as promised" in shown.out
    assert json.loads(as_json.out) == report
    assert as_csv.lines == (await csv_of(cashier, "text/csv"))[1].splitlines()


async def test_the_hour_that_clocks_show_twice_is_told_apart_in_the_night_that_it_belongs_to(
    cashier: ServedCashier,
) -> None:
    night = str(SUMMER_ENDS - dt.timedelta(days=1))
    shown = await command(cashier, "--date", night)
    twice = [line.split() for line in shown.lines if line.strip().startswith("02:00 25 Oct (UTC")]
    assert [words[3:5] for words in twice] == [["(UTC+0200)", "3"], ["(UTC+0100)", "3"]]


async def test_the_command_tells_what_is_wrong_with_a_date(cashier: ServedCashier) -> None:
    outcome = await command(cashier, "--date", "yesterday")
    assert outcome.code == 2
    assert "Date should be one that there is, as in 2026-10-25" in outcome.err


async def test_without_a_date_it_is_today_by_the_shops_clock(cashier: ServedCashier) -> None:
    placed = await cashier.place()
    report = (await cashier.staff("GET", "/reports/day")).body
    order = await cashier.store.get(placed.body["id"])
    assert order is not None
    assert report["date"] == str(order.business_day)
    assert (report["orders"], report["sold"]) == (1, 1)


@pytest.mark.parametrize(
    "date", ["2026-02-30", "today", "1969-12-31", "9999-01-01", "0", "20261025", "2026-W43-7"]
)
async def test_what_is_no_day_is_told(cashier: ServedCashier, date: str) -> None:
    refused: Answered = await cashier.staff("GET", f"/reports/day?date={date}")
    assert refused.problem == (400, "/problems/invalid-request")


@pytest.mark.parametrize("day", ["1970-01-01", "9998-12-31"])
async def test_the_first_and_the_last_day_have_reports(cashier: ServedCashier, day: str) -> None:
    report = await cashier.staff("GET", f"/reports/day?date={day}")
    assert (report.status, report.body["orders"]) == (200, 0)


async def test_a_day_whose_orders_may_have_been_deleted_is_said_to_be_incomplete(
    ministack: str, tmp_path: Path
) -> None:
    async with open_cashier(settings_for(ministack, tmp_path, keep_orders_days=2)) as cashier:
        today = utc_now().date()
        complete = [
            (
                await cashier.staff("GET", f"/reports/day?date={today - dt.timedelta(days=days)}")
            ).body["complete"]
            for days in range(4)
        ]
    assert complete == [False, True, False, False]


async def test_a_day_that_goes_on_past_midnight_or_is_to_come_is_said_not_to_have_ended(
    ministack: str, tmp_path: Path
) -> None:
    hour = utc_now().hour
    zone = "UTC" if hour < 8 else "Etc/GMT+8" if hour < 16 else "Etc/GMT-8"  # before 08:00 there
    async with open_cashier(settings_for(ministack, tmp_path, timezone=zone)) as cashier:
        until_noon = {"weekdays": {key: [["12:00", "11:59"]] for key in WEEK}}
        await cashier.staff("PUT", "/shop/hours", until_noon)
        day = dt.date.fromisoformat((await cashier.staff("GET", "/reports/day")).body["date"])
        reports = [
            (await cashier.staff("GET", f"/reports/day?date={day + dt.timedelta(days=days)}")).body
            for days in (-1, 0, 1)
        ]
        shown = await run(str(cashier.url), "report", COFFEE_STAFF_KEY=STAFF_KEY)
    assert [report["ended"] for report in reports] == [True, False, False]
    assert [report["complete"] for report in reports] == [True, False, False]
    assert "That day has not ended" in shown.out
    assert "deleted" not in shown.out
