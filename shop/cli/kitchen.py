"""`coffeeshop kitchen`, `complete` and `release`: the line, as the people who work it see it."""

from __future__ import annotations

from typing import Annotated, TypeAlias

import typer
from rich.console import RenderableType

from shop.cli import terminal
from shop.cli.hand_over import say_order
from shop.cli.listing import Entry, listing, local, zone
from shop.cli.options import AsJson, OrderName, Url
from shop.client.answers import Json, content
from shop.client.connection import connect_as_staff, path
from shop.client.order_numbers import find_order
from shop.client.ordering import line_summary

_Attempt: TypeAlias = Annotated[
    int | None,
    typer.Option(
        min=1,
        help="Whose work it is, as `coffeeshop kitchen` shows it; the latest when left out.",
        show_default=False,
    ),
]


@terminal.command
async def kitchen(
    url: Url,
    limit: Annotated[int, typer.Option(min=1, max=200, help="How many at most.")] = 100,
    as_json: AsJson = False,  # noqa: FBT002
) -> int:
    """List what is to be made, in the order in which to make it. For staff.

    Remakes come first. An order that is `preparing` is in hand: it can be completed.

    **Examples**

    - `coffeeshop kitchen`
    - `coffeeshop kitchen --limit 5 --json`
    """
    async with (
        connect_as_staff(url) as http,
        http.get("kitchen", params={"limit": limit}) as response,
    ):
        line = await content(response)
    if as_json:
        terminal.print_json(line)
    else:
        terminal.show(_table(line) if line["orders"] else "Nothing is to be made.")
    return 0


@terminal.command
async def complete(
    url: Url,
    order: OrderName,
    attempt: _Attempt = None,
    as_json: AsJson = False,  # noqa: FBT002
) -> int:
    """Say that the drinks of an order are made: it is ready. For staff.

    **Examples**

    - `coffeeshop complete 042`
    - `coffeeshop complete 042 --attempt 2`
    """
    return await _end(url, order, "complete", attempt, as_json=as_json)


@terminal.command
async def release(
    url: Url,
    order: OrderName,
    attempt: _Attempt = None,
    as_json: AsJson = False,  # noqa: FBT002
) -> int:
    """Put an order that is being prepared back in line. For staff.

    **Example**

    - `coffeeshop release 042`
    """
    return await _end(url, order, "release", attempt, as_json=as_json)


async def _end(url: str, typed: str, deed: str, attempt: int | None, *, as_json: bool) -> int:
    async with connect_as_staff(url) as http:
        order = await find_order(http, typed, ["preparing"])
        # One that nobody has begun has no attempt yet, and is refused whatever is sent.
        body = {"attempt": attempt or max(1, order["attempt"])}
        async with http.post(path("orders", order["id"], deed), json=body) as response:
            say_order(await content(response), as_json=as_json)
    return 0


def _table(line: Json) -> RenderableType:
    heads = ("No.", "State", f"Since ({zone()})", "Id")
    return listing(heads, [_entry(order) for order in line["orders"]])


def _entry(order: Json) -> Entry:
    state = order["state"]
    if state == "preparing" and not order["in_hand"]:
        state = "waiting"
    cells = (order["number"], state, local(order["since"]), order["id"])
    about = [f"attempt {order['attempt']}"] if order["attempt"] else []
    if order["remake_of"]:
        about.append(f"a remake for {order['remake_for']}" if order["remake_for"] else "a remake")
    about = [*about, order["customer_name"]]
    return Entry(cells, ("; ".join(about), *map(line_summary, order["items"])))
