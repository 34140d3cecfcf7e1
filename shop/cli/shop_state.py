"""`coffeeshop open`, `pause` and `sold-out`: what the shop offers now, for staff."""

from __future__ import annotations

import datetime as dt
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from shared.clock import rfc3339, utc_now
from shop.cli import terminal
from shop.cli.listing import local, zone
from shop.cli.options import AsJson, Url
from shop.client.answers import Json, content
from shop.client.connection import connect_as_staff, path
from shop.client.own_command import own_command

_DAY = 24 * 60


@terminal.command
async def open_(url: Url) -> int:
    """Take orders again after `coffeeshop pause`. For staff.

    Outside of its hours (`coffeeshop hours`) the shop stays closed, and this fails. To start a
    shop on this machine, use `coffeeshop run`.

    **Example**

    - `coffeeshop open`
    """
    shop = await _set(url, {"state": "open"})
    if shop["state"] == "open":
        return 0
    today = dt.datetime.now(ZoneInfo(shop["timezone"])).date()
    hours = own_command("hours", "set", str(today), "HH:MM-HH:MM")
    terminal.complain(f"To open it today, a manager sets other hours: {hours}")
    return terminal.FAILED


@terminal.command
async def pause(
    url: Url,
    reason: Annotated[
        str | None, typer.Option(help="What customers are told.", show_default=False)
    ] = None,
    minutes: Annotated[
        int | None,
        typer.Option(min=1, max=_DAY, help="Open again after so many.", show_default=False),
    ] = None,
) -> int:
    """Take no orders for a while; those that were placed are finished. For staff.

    **Examples**

    - `coffeeshop pause --minutes 10 --reason 'Back in ten minutes'`
    - `coffeeshop pause`
    """
    body = {"state": "paused"} | ({"reason": reason} if reason else {})
    if minutes is not None:
        body["until"] = rfc3339(utc_now() + dt.timedelta(minutes=minutes))
    await _set(url, body)
    return 0


@terminal.command
async def sold_out(
    url: Url,
    what: Annotated[
        str,
        typer.Argument(
            metavar="ITEM", help="An item, ITEM/SIZE or +MODIFIER, as `coffeeshop menu` has them."
        ),
    ],
    back: Annotated[bool, typer.Option("--back", help="Put it on the menu again.")] = False,  # noqa: FBT002
    as_json: AsJson = False,  # noqa: FBT002
) -> int:
    """Take an item, a size or a modifier off the menu for now, or put it back. For staff.

    **Examples**

    - `coffeeshop sold-out croissant`
    - `coffeeshop sold-out latte/large`
    - `coffeeshop sold-out +oat-milk --back`
    """
    item, _, size = what.partition("/")
    body: Json = {"sizes": {size: not back}} if size else {"sold_out": not back}
    where = path("menu", "modifiers", what[1:]) if what[:1] == "+" else path("menu", "items", item)
    async with connect_as_staff(url) as http, http.put(where, json=body) as response:
        shown = await content(response)
    if as_json:
        terminal.print_json(shown)
        return 0
    chosen = next((one for one in shown.get("sizes", ()) if one["id"] == size), shown)
    name = f"{shown['name']}, {chosen['name']}," if chosen is not shown else shown["name"]
    terminal.say(f"{name} is {'sold out' if chosen['sold_out'] else 'on the menu'}.")
    return 0


async def _set(url: str, body: Json) -> Json:
    async with connect_as_staff(url) as http, http.put("shop", json=body) as response:
        shop = await content(response)
    terminal.say(described(shop))
    return shop


def described(shop: Json) -> str:
    """Say in a sentence whether the shop takes orders, until when, and why."""
    until = f" until {local(shop['until'])} {zone()}" if shop["until"] else ""
    reason = f": {shop['reason']}" if shop["reason"] else "."
    return f"The shop is {shop['state']}{until}{reason}"
