"""`coffeeshop hours` and `coffeeshop shop`, as an owner uses them, at a real cashier."""

from __future__ import annotations

import asyncio
import datetime as dt
import json

import pytest

from tests.support.cashier import ServedCashier
from tests.support.command_line import Outcome, run
from tests.support.web import STAFF_KEY

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def command(cashier: ServedCashier, *arguments: str) -> Outcome:
    return await run(str(cashier.url), *arguments, COFFEE_STAFF_KEY=STAFF_KEY, TZ="UTC")


async def test_hours_are_set_closed_and_cleared_and_the_table_shows_them(
    new_cashier: ServedCashier,
) -> None:
    assert "every day always open" in " ".join((await command(new_cashier, "hours")).out.split())

    await command(new_cashier, "hours", "set", "mon-fri", "7:30-12:00", "13:00-18:00")
    await command(new_cashier, "hours", "set", "saturday", "18:00-24:00")
    await command(new_cashier, "hours", "closed", "2198-12-24..2198-12-26", "wednesday", "sunday")
    await command(new_cashier, "hours", "set", "2198-12-31", "18:00-03:00")
    cleared = await command(new_cashier, "hours", "clear", "2198-12-25")

    assert cleared.code == 0, cleared
    assert [" ".join(line.split()) for line in cleared.lines[:-1]] == [
        "Time zone: UTC",
        "monday 07:30-12:00, 13:00-18:00",
        "tuesday 07:30-12:00, 13:00-18:00",
        "wednesday closed",
        "thursday 07:30-12:00, 13:00-18:00",
        "friday 07:30-12:00, 13:00-18:00",
        "saturday 18:00-00:00",
        "sunday closed",
        "2198-12-24 Mon closed",
        "2198-12-26 Wed closed",
        "2198-12-31 Mon 18:00-03:00",
    ]
    read = json.loads((await command(new_cashier, "hours", "--json")).out)
    assert read["exceptions"] == {
        "2198-12-24": [],
        "2198-12-26": [],
        "2198-12-31": [["18:00", "03:00"]],
    }
    assert "always open" in (await command(new_cashier, "hours", "clear", "--all")).out


@pytest.mark.parametrize(
    ("arguments", "of_the_day"),
    [(("closed", "sunday"), "closed"), (("set", "sunday", "09:00-14:00"), "09:00-14:00")],
)
async def test_a_shop_that_was_always_open_stays_open_on_the_days_that_are_not_named(
    new_cashier: ServedCashier, arguments: tuple[str, ...], of_the_day: str
) -> None:
    changed = await command(new_cashier, "hours", *arguments)
    days = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday")
    assert [" ".join(line.split()) for line in changed.lines[1:8]] == [
        *(f"{day} all day" for day in days),
        f"sunday {of_the_day}",
    ]
    week = (await new_cashier.staff("GET", "/shop/hours")).body["weekdays"]
    assert {day for day, spans in week.items() if spans == [["00:00", "00:00"]]} == {*days}


async def test_opening_a_shop_outside_its_hours_says_when_it_opens(
    new_cashier: ServedCashier,
) -> None:
    today = dt.datetime.now(dt.UTC).date()
    yesterday, opens = today - dt.timedelta(days=1), today + dt.timedelta(days=2)
    closed = f"{yesterday}..{opens - dt.timedelta(days=1)}"
    await command(new_cashier, "hours", "closed", closed)
    await command(new_cashier, "hours", "set", str(opens), "07:30-08:00")
    opened = await command(new_cashier, "open")
    told = f"The shop is closed until {opens:%d %b} 07:30 UTC: outside the opening hours\n"
    if opens.year == today.year:
        assert opened.out == told
    assert opened.out.startswith("The shop is closed until ")
    assert opened.out.endswith(": outside the opening hours\n")
    assert opened.code == 1
    assert f"hours set {today} HH:MM-HH:MM" in opened.err


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (("set", "monday", "7.30-18"), "'7.30-18' is no span of time"),
        (("set", "funday", "07:30-18:00"), "'funday' is no day"),
        (("set", "t", "07:30-18:00"), "'t' is no day"),
        (("closed", "2026-02-30"), "'2026-02-30' is no date"),
        (("closed", "24.12.2026"), "'24.12.2026' is no date"),
        (("closed", "2026-12-24..2026-12-20"), "should be 1 to 366 days"),
        (("clear", "monday"), "monday is no date"),
        (("clear",), "name dates, or --all"),
        (("set", "monday", "07:30-25:00"), "This should be a time of day from 00:00 to 23:59"),
        (("set", "monday", "07:30-18:00", "17:00-19:00"), "07:30-18:00 and 17:00-19:00 overlap"),
        (("--json", "clear", "--all"), "options stand after `clear`"),
    ],
)
async def test_what_makes_no_sense_is_told_in_a_line_and_changes_nothing(
    cashier: ServedCashier, arguments: tuple[str, ...], error: str
) -> None:
    refused = await command(cashier, "hours", *arguments)
    assert refused.code == 2
    assert error in " ".join(refused.err.replace("│", " ").split())
    assert "Traceback" not in refused.err
    assert (await cashier.staff("GET", "/shop/hours")).headers["ETag"] == '"0"'


async def test_two_owners_who_change_different_days_at_once_lose_neither_change(
    new_cashier: ServedCashier,
) -> None:
    days = ("monday", "tuesday", "wednesday", "thursday")
    outcomes = await asyncio.gather(
        *(command(new_cashier, "hours", "set", day, "07:30-18:00") for day in days)
    )
    assert [outcome.code for outcome in outcomes] == [0] * len(days)
    week = (await new_cashier.staff("GET", "/shop/hours")).body["weekdays"]
    assert {day for day, spans in week.items() if spans == [["07:30", "18:00"]]} == {*days}


async def test_the_settings_of_the_shop_are_shown_and_only_what_is_named_changes(
    new_cashier: ServedCashier,
) -> None:
    changed = await command(
        new_cashier,
        *("shop", "set", "--name", "Café Zoë", "--address", "Hauptstraße 1\n10827 Berlin"),
        *("--language", "de", "--cancel-reason", "Kein Kuchen", "--ready-minutes", "20"),
    )
    shown = await command(new_cashier, "shop")
    table = """
        Name            Café Zoë
        Address         Hauptstraße 1, 10827 Berlin
        Languages       de
        Cancel reasons  Kein Kuchen
        On the board    20 min, once ready
        In the kitchen  old after 3 min, too old after 5 min
    """
    assert changed.out.split() == table.split()
    assert shown.out.split() == ["The", "shop", "is", "open.", *table.split()]

    read = json.loads((await command(new_cashier, "shop", "--json")).out)
    assert (read["shop"]["state"], read["settings"]["name"]) == ("open", "Café Zoë")
    refused = await command(new_cashier, "shop", "set", "--late-minutes", "2")
    assert (refused.code, "kitchen_warn_minutes" in refused.err) == (2, True)
    assert (await command(new_cashier, "shop", "set")).code == 2
