"""`coffeeshop collect` and `cancel`: what becomes of an order at the counter."""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import Annotated, TypeAlias

import aiohttp
import typer

from shop.cli import terminal
from shop.cli.options import Url
from shop.client.answers import Json, ProblemError, content
from shop.client.connection import connect, connect_as_staff, path

NUMBER = re.compile(r"\d{1,6}")
"""An order's number, which no order's id looks like."""

_MOST_READY = 100

OrderId: TypeAlias = Annotated[
    str, typer.Argument(metavar="ORDER", help="The order's id, as `coffeeshop order` prints it.")
]


@terminal.command
async def collect(
    url: Url,
    order: Annotated[
        str,
        typer.Argument(
            metavar="ORDER",
            help="Its number on the board, as in 042, or its id.",
            show_default=False,
        ),
    ],
) -> int:
    """Record that a customer has collected a ready order. For staff.

    Of several ready orders with one number, the newest is meant.

    **Examples**

    - `coffeeshop collect 042`
    - `coffeeshop collect rjqiebn3nlpmskscwlj3sk4eua`
    """
    async with connect_as_staff(url) as http:
        order_id = await _ready(http, order) if NUMBER.fullmatch(order) else order
        async with http.post(path("orders", order_id, "collect")) as response:
            _say(await content(response))
    return 0


@terminal.command
async def cancel(url: Url, order: OrderId) -> int:
    """Cancel an order that nobody has begun to prepare.

    **Example**

    - `coffeeshop cancel rjqiebn3nlpmskscwlj3sk4eua`
    """
    async with connect(url) as http, http.post(path("orders", order, "cancel")) as response:
        _say(await content(response))
    return 0


async def _ready(http: aiohttp.ClientSession, number: str) -> str:
    """Find the id of the ready order of that number; raises ProblemError."""
    query: dict[str, str | int] = {"state": "ready", "limit": _MOST_READY}
    async with http.get("orders", params=query) as response:
        listed = (await content(response))["orders"]
    for order in listed:
        if int(order["number"]) == int(number):
            return str(order["id"])
    raise ProblemError(HTTPStatus.NOT_FOUND, [f"No order {number} is ready."])


def _say(order: Json) -> None:
    terminal.say(f"Order {order['number']} for {order['customer_name']} is {order['state']}.")
