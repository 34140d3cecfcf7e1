"""`coffeeshop orders`: lists orders for staff."""

from __future__ import annotations

from typing import Annotated

import aiohttp
import typer
from rich.console import RenderableType

from shared.domain.money import display
from shared.domain.order import OrderState
from shop.cli import terminal
from shop.cli.listing import Entry, listing, local, zone
from shop.cli.options import AsJson, Url
from shop.client.answers import Json, content
from shop.client.connection import connect_as_staff
from shop.client.ordering import line_summary

PAGE = 100


@terminal.command
async def orders(
    url: Url,
    state: Annotated[
        OrderState | None, typer.Option(help="Only orders in this state.", show_default=False)
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="How many at most.")] = 20,
    as_json: AsJson = False,  # noqa: FBT002
) -> int:
    """List orders, newest first, with the times of this machine. For staff.

    The staff key is the one in COFFEE_STAFF_KEY, or else the one that the shop on this machine
    keeps in $COFFEE_STATE_DIR/staff-key.

    **Examples**

    - `coffeeshop orders --state ready`
    - `coffeeshop orders --limit 500 --json`
    """
    async with connect_as_staff(url) as http:
        listed = await _newest(http, state, limit)
    if as_json:
        terminal.print_json(listed)
    else:
        terminal.show(_table(listed) if listed else "No orders.")
    return 0


async def _newest(http: aiohttp.ClientSession, state: OrderState | None, limit: int) -> list[Json]:
    query: dict[str, str | int] = {"state": state.value} if state else {}
    listed: list[Json] = []
    while len(listed) < limit:
        query["limit"] = min(PAGE, limit - len(listed))
        async with http.get("orders", params=query) as response:
            page = await content(response)
        listed += page["orders"]
        if page["next_cursor"] is None:
            break
        query["cursor"] = page["next_cursor"]
    return listed


def _table(listed: list[Json]) -> RenderableType:
    heads = ("No.", "State", f"Placed ({zone()})", "Id")
    return listing(heads, [_entry(order) for order in listed])


def _entry(order: Json) -> Entry:
    cells = (order["number"], order["state"], local(order["placed_at"]), order["id"])
    total = display(order["total"], order["currency"])
    lines = (line_summary(item) for item in order["items"])
    return Entry(cells, (f"{order['customer_name']}; {total}", *lines))
