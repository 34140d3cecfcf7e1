"""`coffeeshop hours`: when the shop is open, by weekday and on certain dates."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from typing import Annotated, Any

import typer

from shop.cli import terminal
from shop.cli.days import DAYS, days_of, is_date, span_of
from shop.cli.listing import fields
from shop.cli.options import AsJson, Url, shown_alone
from shop.cli.shop_state import described
from shop.client.answers import Json, content
from shop.client.connection import connect_as_staff
from shop.client.documents import change_document

hours = typer.Typer(name="hours", invoke_without_command=True, rich_markup_mode="markdown")

_WHERE = "shop/hours"

_ALL_DAY = ["00:00", "00:00"]

DayList = Annotated[
    list[str],
    typer.Argument(
        metavar="DAY...",
        help="A weekday or a date, as in monday or 2026-12-24; several as in "
        "monday-friday or 2026-07-20..2026-08-02.",
        show_default=False,
    ),
]


@hours.callback()
def show(context: typer.Context, url: Url, as_json: AsJson = False) -> None:  # noqa: FBT002
    """Show when the shop is open. Managers change it by the commands below.

    Times are those of the shop's time zone. A span past midnight, as in 18:00-03:00, belongs to
    the day on which it begins, with all its orders.

    **Examples**

    - `coffeeshop hours`
    - `coffeeshop hours --json | jq .weekdays.monday`
    - `coffeeshop hours set monday-friday 07:30-18:00`
    """
    if shown_alone(context):
        raise typer.Exit(terminal.run_at(url, _show(url, as_json=as_json)))


@hours.command("set")
@terminal.command
async def set_(
    url: Url,
    day: Annotated[str, typer.Argument(metavar="DAY", help="As in monday-friday or 2026-12-24.")],
    spans: Annotated[
        list[str],
        typer.Argument(metavar="SPAN...", help="As in 07:30-18:00.", show_default=False),
    ],
) -> int:
    """Set from when to when the shop is open on a weekday or a date. For managers.

    Other days stay as they are: in a shop without hours they are open all day.

    **Examples**

    - `coffeeshop hours set monday-friday 07:30-12:00 13:00-18:00`
    - `coffeeshop hours set 2026-12-31 18:00-03:00`
    """
    return await _set(url, days_of(day), [span_of(span) for span in spans])


@hours.command()
@terminal.command
async def closed(url: Url, days: DayList) -> int:
    """Close the shop on weekdays or dates. For managers.

    **Examples**

    - `coffeeshop hours closed sunday`
    - `coffeeshop hours closed 2026-12-24 2026-07-20..2026-08-02`
    """
    return await _set(url, [each for day in days for each in days_of(day)], [])


@hours.command()
@terminal.command
async def clear(
    url: Url,
    days: Annotated[
        list[str] | None,
        typer.Argument(metavar="[DATE...]", help="As in 2026-12-24.", show_default=False),
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="The shop is always open.")] = False,  # noqa: FBT002
) -> int:
    """Have the hours of the weekday on a date again. For managers.

    **Examples**

    - `coffeeshop hours clear 2026-12-24`
    - `coffeeshop hours clear --all`
    """
    dates = [date for day in days or () for date in days_of(day)]
    if everything == bool(dates):
        raise typer.BadParameter("name dates, or --all")
    if weekdays := [date for date in dates if not is_date(date)]:
        raise typer.BadParameter(f"{weekdays[0]} is no date; close it by `coffeeshop hours closed`")

    def cleared(before: Json) -> Json:
        kept = {at: on for at, on in before["exceptions"].items() if at not in dates}
        return {} if everything else {**before, "exceptions": kept}

    return await _change(url, cleared)


async def _set(url: str, days: list[str], spans: list[list[str]]) -> int:
    def changed(before: Json) -> Json:
        on = {kind: [day for day in days if is_date(day) is kind] for kind in (True, False)}
        after = {**before, "exceptions": before["exceptions"] | dict.fromkeys(on[True], spans)}
        if on[False]:
            kept = None if before.get("always_open") else before["weekdays"]
            week = kept or {day: [_ALL_DAY] for day in DAYS}
            after |= {"weekdays": week | dict.fromkeys(on[False], spans), "always_open": False}
        return after

    return await _change(url, changed)


async def _change(url: str, change: Callable[[Json], Json]) -> int:
    async with connect_as_staff(url) as http:
        after = await change_document(http, _WHERE, change)
        async with http.get("shop") as response:
            _print(after, await content(response))
    return 0


async def _show(url: str, *, as_json: bool) -> int:
    async with connect_as_staff(url) as http:
        async with http.get(_WHERE) as response:
            read = await content(response)
        async with http.get("shop") as response:
            shop = await content(response)
    if as_json:
        terminal.print_json(read)
    else:
        _print(read, shop)
    return 0


def _print(read: Json, shop: Json) -> None:
    terminal.say(f"Time zone: {shop['timezone']}")
    terminal.show(fields(dict(_lines(read))))
    terminal.say(described(shop))


def _lines(read: Json) -> Iterator[tuple[str, str]]:
    if read["weekdays"] is None or read.get("always_open"):
        yield "every day", "always open"
    else:
        for day in DAYS:
            yield day, _spans(read["weekdays"], day)
    for date in read["exceptions"]:
        weekday = dt.date.fromisoformat(date)
        yield f"{date} {weekday:%a}", _spans(read["exceptions"], date)


def _spans(by_day: Mapping[str, Any], day: str) -> str:
    spans = by_day.get(day, [])
    if spans == [_ALL_DAY]:
        return "all day"
    return ", ".join("-".join(span) for span in spans) or "closed"
