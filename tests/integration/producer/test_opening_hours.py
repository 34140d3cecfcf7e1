"""The opening hours over HTTP: when orders are taken, which day they count to, how they change."""

from __future__ import annotations

import datetime as dt
import time
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from shared.store.document_contract import DocumentKind
from tests.integration.producer.test_cashier_process import said
from tests.support.cashier import (
    ORDER,
    ServedCashier,
    open_cashier,
    provisioned_shop,
    settings_for,
)
from tests.support.cashier_process import process_of
from tests.support.waiting import until
from tests.support.web import AS_STAFF

pytestmark = pytest.mark.asyncio(loop_scope="module")

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
NEVER: dict[str, Any] = {"weekdays": {}}


def day(ahead: int) -> str:
    return (dt.datetime.now(dt.UTC).date() + dt.timedelta(days=ahead)).isoformat()


def closed_until(ahead: int, opens: str = "10:00") -> dict[str, Any]:
    """Hours by which a shop that is else open always opens next on a day that is ahead."""
    closed: dict[str, Any] = {day(at): [] for at in range(-1, ahead)}
    return {"exceptions": closed | {day(ahead): [[opens, "12:00"]]}}


async def test_outside_its_hours_the_shop_takes_no_orders_and_says_when_it_opens(
    new_cashier: ServedCashier,
) -> None:
    assert (await new_cashier.place()).status == 201
    assert (await new_cashier.staff("PUT", "/shop/hours", closed_until(3))).status == 200

    refused = await new_cashier.place()
    assert refused.problem == (409, "/problems/shop-closed")
    assert (
        refused.body["detail"]
        == f"the shop is closed until {day(3)} 10:00 UTC: outside the opening hours"
    )
    opening = dt.datetime.fromisoformat(f"{day(3)}T10:00Z")
    wait = (opening - dt.datetime.now(dt.UTC)).total_seconds()
    assert wait - 10 < int(refused.headers["Retry-After"]) < wait + 10

    shop = (await new_cashier.ask("GET", "/shop")).body
    assert (shop["state"], shop["reason"]) == ("closed", "outside the opening hours")
    assert dt.datetime.fromisoformat(shop["until"]) == opening
    assert shop["timezone"] == "UTC"

    await new_cashier.staff("PUT", "/shop/hours", {})
    assert (await new_cashier.place()).status == 201


async def test_a_shop_that_never_opens_names_no_time(new_cashier: ServedCashier) -> None:
    await new_cashier.staff("PUT", "/shop/hours", NEVER)
    assert "Retry-After" not in (await new_cashier.place()).headers
    shop = (await new_cashier.ask("GET", "/shop")).body
    assert (shop["state"], shop["until"]) == ("closed", None)


async def test_the_hours_win_over_open_and_staff_may_close_at_any_time(
    new_cashier: ServedCashier,
) -> None:
    await new_cashier.staff("PUT", "/shop/hours", closed_until(2))
    opened = await new_cashier.staff("PUT", "/shop", {"state": "open"})
    assert opened.body["state"] == "closed"

    await new_cashier.staff("PUT", "/shop/hours", {})
    shut = await new_cashier.staff("PUT", "/shop", {"state": "paused", "reason": "a leak"})
    assert (shut.body["state"], shut.body["reason"]) == ("paused", "a leak")
    assert (await new_cashier.place()).problem == (409, "/problems/shop-closed")

    night = f"{day(1)}T00:00:00.000Z"
    await new_cashier.staff("PUT", "/shop/hours", closed_until(3))
    shut = await new_cashier.staff("PUT", "/shop", {"state": "paused", "until": night})
    assert (shut.body["state"], shut.body["until"]) == ("paused", f"{day(3)}T10:00:00.000Z")


async def test_numbers_and_orders_belong_to_the_day_on_which_the_shop_opened(
    ministack: str, tmp_path: Path
) -> None:
    hour = dt.datetime.now(dt.UTC).hour
    zone = "UTC" if hour < 8 else "Etc/GMT+8" if hour < 16 else "Etc/GMT-8"  # before 08:00 there
    async with open_cashier(settings_for(ministack, tmp_path, timezone=zone)) as cashier:
        numbers = [(await cashier.place()).body for _ in range(2)]
        until_noon = {"weekdays": {key: [["12:00", "11:59"]] for key in DAYS}}
        await cashier.staff("PUT", "/shop/hours", until_noon)
        numbers += [(await cashier.place()).body for _ in range(2)]
        orders = [await cashier.store.get(placed["id"]) for placed in numbers]
        forgotten = await cashier.staff("POST", "/customers/forget", {"number": 1})

    assert [placed["number"] for placed in numbers] == ["001", "002", "001", "002"]
    days = [order.business_day for order in orders if order and order.business_day]
    assert days[0] == days[1]
    assert days[2] == days[3] == days[0] - dt.timedelta(days=1)
    assert [order["id"] for order in forgotten.body["orders"]] == [numbers[2]["id"]]


async def test_hours_are_read_as_they_were_written_and_in_order(
    new_cashier: ServedCashier,
) -> None:
    assert (await new_cashier.staff("GET", "/shop/hours")).body == {
        "weekdays": None,
        "always_open": False,
        "exceptions": {},
    }
    monday = [["07:30", "12:00"], ["13:00", "18:00"]]
    sent = {
        "weekdays": {"monday": monday[::-1], "friday": [["18:00", "03:00"]]},
        "exceptions": {"2026-12-31": [["18:00", "05:00"]], "2026-12-24": []},
    }
    put = await new_cashier.staff("PUT", "/shop/hours", sent)
    read = await new_cashier.staff("GET", "/shop/hours")
    assert put.body == read.body
    assert put.headers["ETag"] == read.headers["ETag"] == '"1"'
    assert read.body["weekdays"] == {key: [] for key in DAYS} | {
        "monday": monday,
        "friday": [["18:00", "03:00"]],
    }
    assert [*read.body["exceptions"]] == ["2026-12-24", "2026-12-31"]


async def test_of_two_editors_the_second_is_told_and_overwrites_nothing(
    new_cashier: ServedCashier,
) -> None:
    first, second = closed_until(2), closed_until(3)
    read = await new_cashier.staff("GET", "/shop/hours")
    headers = {**AS_STAFF, "If-Match": read.headers["ETag"]}
    assert (await new_cashier.ask("PUT", "/shop/hours", first, headers)).status == 200
    late = await new_cashier.ask("PUT", "/shop/hours", second, headers)
    assert late.problem == (412, "/problems/changed-meanwhile")
    again = await new_cashier.ask("PUT", "/shop/hours", first, headers)  # its answer was lost
    assert (again.status, again.headers["ETag"]) == (200, '"1"')
    for mismatch in ('W/"1"', "1", '"one"', '"0", "7"'):
        stale = await new_cashier.ask(
            "PUT", "/shop/hours", second, {**AS_STAFF, "If-Match": mismatch}
        )
        assert stale.problem == (412, "/problems/changed-meanwhile")

    (version,) = await new_cashier.store.document_versions(DocumentKind.HOURS, 9)
    assert (version.version, version.by) == (1, "owner")
    assert (await new_cashier.staff("PUT", "/shop/hours", second)).headers["ETag"] == '"2"'


NO_DATE = "Date should be one that there is, in the years 2000 to 2199"
NINE = [["09:00", "10:00"]]


@pytest.mark.parametrize(
    ("sent", "errors"),
    [
        (
            {"weekdays": {"monday": [["07:30", "12:00"], ["11:00", "18:00"]]}},
            {"/weekdays/monday": "07:30-12:00 and 11:00-18:00 overlap"},
        ),
        (
            {"weekdays": {"sunday": [["18:00", "03:00"]], "monday": [["02:00", "04:00"]]}},
            {"/weekdays/sunday": "18:00-03:00 goes on into 02:00-04:00 of the next day"},
        ),
        (
            {
                "weekdays": {"thursday": [["18:00", "03:00"]]},
                "exceptions": {"2027-01-01": [["00:00", "04:00"]]},
            },
            {"/exceptions/2027-01-01": "18:00-03:00 goes on into 00:00-04:00 of the next day"},
        ),
        (
            {"weekdays": {"monday": [["7:30", "18:00"]], "funday": []}},
            {
                "/weekdays/monday/0/0": "This should be a time of day from 00:00 to 23:59",
                "/weekdays/funday": "There is no such field",
            },
        ),
        (
            {"weekdays": {"monday": [["24:00", "18:00"], ["09:00"], 7]}},
            {
                "/weekdays/monday/0/0": "This should be a time of day from 00:00 to 23:59",
                "/weekdays/monday/1": "This should have at least 2 entries",
                "/weekdays/monday/2": "This should be a list",
            },
        ),
        (
            {"weekdays": {"monday": NINE * 5}},
            {"/weekdays/monday": "This should have at most 4 entries"},
        ),
        (
            {"exceptions": {"2026-02-30": [], "24.12.2026": [], "9999-12-31": []}},
            {
                "/exceptions/2026-02-30": NO_DATE,
                "/exceptions/24.12.2026": "This should be a date, as in 2026-12-24",
                "/exceptions/9999-12-31": NO_DATE,
            },
        ),
        (
            {"exceptions": {f"{2100 + at // 28}-01-{at % 28 + 1:02}": NINE for at in range(367)}},
            {"/exceptions": "This should have at most 366 entries"},
        ),
    ],
)  # fmt: skip
async def test_hours_that_make_no_sense_are_refused_with_every_error_and_change_nothing(
    cashier: ServedCashier, sent: object, errors: dict[str, str]
) -> None:
    refused = await cashier.staff("PUT", "/shop/hours", sent)
    assert refused.problem == (422, "/problems/invalid-setting")
    assert {error["pointer"]: error["detail"] for error in refused.body["errors"]} == errors
    assert (await cashier.staff("GET", "/shop/hours")).headers["ETag"] == '"0"'


async def test_the_longest_hours_are_taken(new_cashier: ServedCashier) -> None:
    four = [[f"{hour:02}:00", f"{hour:02}:30"] for hour in range(4)]
    dates = [(dt.date(2026, 1, 1) + dt.timedelta(days=at)).isoformat() for at in range(366)]
    sent = {"weekdays": dict.fromkeys(DAYS, four), "exceptions": dict.fromkeys(dates, four)}
    put = await new_cashier.staff("PUT", "/shop/hours", sent)
    assert (put.status, len(put.body["exceptions"])) == (200, 366)


async def test_a_change_holds_at_the_other_cashier_within_a_second_though_ours_is_killed(
    ministack: str, tmp_path: Path
) -> None:
    settings = settings_for(ministack, tmp_path)
    async with (
        provisioned_shop(settings),
        process_of(settings) as ours,
        process_of(settings) as theirs,
        aiohttp.ClientSession(headers=AS_STAFF) as http,
    ):
        here, there = [
            (await said(process, r"http://127\.0\.0\.1:\d+"))[0] for process in (ours, theirs)
        ]

        async def is_refused() -> bool:
            async with http.post(f"{there}/orders", json=ORDER) as placed:
                return placed.status == 409

        assert not await is_refused()
        async with http.put(f"{here}/shop/hours", json=NEVER) as put:
            assert put.status == 200
        ours.kill()
        killed = time.monotonic()
        await until(is_refused, seconds=5)
        assert time.monotonic() - killed < 1.5  # a second, and what a busy machine takes for it
        async with http.get(f"{there}/shop/hours") as read:
            assert (await read.json())["weekdays"] == {key: [] for key in DAYS}
