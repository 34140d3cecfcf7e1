"""`coffeeshop report`: a day in figures, for managers."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any

import typer
from rich.console import Group, RenderableType
from rich.text import Text

from shared.domain.money import decimal, display
from shared.domain.visible_text import visible
from shop.cli import terminal
from shop.cli.listing import fields, numbers
from shop.cli.options import AsJson, Url
from shop.client.answers import Json, content, require_success
from shop.client.connection import connect_as_staff

_BAR = 20
"""Columns of the longest bar."""


@terminal.command
async def report(
    url: Url,
    date: Annotated[
        str | None, typer.Option(help="As in 2026-10-25; today if left out.", show_default=False)
    ] = None,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV, for spreadsheets.")] = False,  # noqa: FBT002
    as_json: AsJson = False,  # noqa: FBT002
) -> int:
    """Show a business day in figures. For managers.

    Sold, and in the revenue, is what was neither canceled nor failed, also what is not made yet;
    remakes were sold before. Hours are those of the shop's clocks.

    **Examples**

    - `coffeeshop report`
    - `coffeeshop report --date 2026-10-25 --csv > sunday.csv`
    - `coffeeshop report --json | jq .revenue.gross`
    """
    if as_csv and as_json:
        raise typer.BadParameter("give one of --csv and --json")
    accept = {"Accept": "text/csv" if as_csv else "application/json"}
    query = {} if date is None else {"date": date}
    async with (
        connect_as_staff(url) as http,
        http.get("reports/day", params=query, headers=accept) as response,
    ):
        if as_csv:
            await require_success(response)
            typer.echo("\n".join(map(visible, (await response.text()).splitlines())))
            return 0
        day = await content(response)
    if as_json:
        terminal.print_json(day)
    else:
        terminal.show(Group(*_tables(day)))
    return 0


def _tables(day: Json) -> Iterator[RenderableType]:
    date = dt.date.fromisoformat(day["date"])
    yield Text(visible(f"{date:%A, %Y-%m-%d}, {day['timezone']}"), style="bold")
    yield fields(dict(_summary(day)))
    if not day["ended"]:
        yield Text("That day has not ended; more orders may be placed.")
    elif not day["complete"]:
        yield Text("Orders of that day may have been deleted since (COFFEE_KEEP_ORDERS_DAYS).")
    if hours := _without_empty_ends(day["hours"]):
        yield ""
        table = numbers(("Hour", "Orders", ""), _hour_rows(hours, date))
        table.columns[-1].justify = "left"
        yield table
    if day["items"]:
        yield ""
        yield numbers(("Item", "Sold", day["currency"]), _item_rows(day))
    if any(rate["tax"] for rate in day["revenue"]["rates"]):
        yield ""
        yield numbers(("Tax", "Net", "Tax", "Gross"), _tax_rows(day))
    if day["cancels"]:
        yield ""
        rows = (
            (visible(one["reason"] or "no reason"), f"{one['count']}") for one in day["cancels"]
        )
        yield numbers(("Canceled because", "Orders"), rows)


def _summary(day: Json) -> Iterator[tuple[str, str]]:
    others = [f"{day['remakes']} remade"] if day["remakes"] else []
    states = day["states"]
    others += [f"{states[state]} {state}" for state in ("canceled", "failed")]
    others += [f"{states['placed'] + states['preparing']} not made yet"]
    shown = ", ".join(one for one in others if not one.startswith("0 "))
    yield "Orders", f"{day['orders']}, {day['sold']} sold" + (f" ({shown})" if shown else "")
    if left := day["states"]["expired"]:
        yield "Left", f"{left}, not collected in time"
    revenue, currency = day["revenue"], day["currency"]
    parts = f" ({decimal(revenue['net'], currency)} + {decimal(revenue['tax'], currency)} tax)"
    yield "Revenue", display(revenue["gross"], currency) + (parts if revenue["tax"] else "")
    if waits := day["waits"]:
        yield "Wait", f"half {_time(waits['median_seconds'])}, 90 % {_time(waits['p90_seconds'])}"
        if waits["promised"]:
            yield "On time", f"{waits['kept']} of {waits['promised']}, as promised"


def _time(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}:{rest:02d} min" if minutes else f"{seconds:.1f} s"


def _without_empty_ends(hours: Sequence[Json]) -> Sequence[Json]:
    busy = [place for place, hour in enumerate(hours) if hour["orders"]]
    return hours[busy[0] : busy[-1] + 1] if busy else ()


def _hour_rows(hours: Sequence[Json], date: dt.date) -> Iterator[tuple[str, ...]]:
    begins = [dt.datetime.fromisoformat(hour["begins"]) for hour in hours]
    clock = Counter(at.replace(tzinfo=None) for at in begins)
    most = max(hour["orders"] for hour in hours)
    for at, hour in zip(begins, hours, strict=True):
        name = f"{at:%H:%M}" + ("" if at.date() == date else f" {at:%d %b}")
        if clock[at.replace(tzinfo=None)] > 1:  # clocks were put back
            name += f" (UTC{at:%z})"
        bar = "#" * -(-hour["orders"] * _BAR // most)
        yield name, f"{hour['orders']}", bar


def _item_rows(day: Json) -> Iterator[tuple[str, ...]]:
    for item in day["items"]:
        name = visible(f"{item['name']}, {item['size_name']}")
        yield name, f"{item['quantity']}", decimal(item["revenue"], day["currency"])


def _tax_rows(day: Json) -> Iterator[tuple[str, ...]]:
    def row(name: str, sums: Mapping[str, Any]) -> tuple[str, ...]:
        return (name, *(decimal(sums[key], day["currency"]) for key in ("net", "tax", "gross")))

    for rate in day["revenue"]["rates"]:
        yield row(visible(f"{rate['rate']} %"), rate)
    if len(day["revenue"]["rates"]) > 1:
        yield row("all", day["revenue"])
