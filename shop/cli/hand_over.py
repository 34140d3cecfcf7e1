"""`coffeeshop collect`, `cancel` and `remake`: what becomes of an order at the counter."""

from __future__ import annotations

import uuid
from typing import Annotated

import typer

from shop.cli import terminal
from shop.cli.options import AsJson, OrderName, Url
from shop.client.answers import Json, content
from shop.client.connection import connect, connect_as_staff, path, staff_key
from shop.client.order_numbers import NUMBER, find_order
from shop.client.retrier import Retrier

ATTEMPTS = 4


@terminal.command
async def collect(url: Url, order: OrderName, as_json: AsJson = False) -> int:  # noqa: FBT002
    """Record that a customer has collected a ready order. For staff.

    Of several ready orders with one number, the newest is meant.

    **Examples**

    - `coffeeshop collect 042`
    - `coffeeshop collect rjqiebn3nlpmskscwlj3sk4eua`
    """
    async with connect_as_staff(url) as http:
        order_id = order
        if NUMBER.fullmatch(order):
            order_id = (await find_order(http, order, ["ready"]))["id"]
        async with http.post(path("orders", order_id, "collect")) as response:
            say_order(await content(response), as_json=as_json)
    return 0


@terminal.command
async def cancel(
    url: Url,
    order: OrderName,
    reason: Annotated[
        str | None, typer.Option(help="Why; its customer is told.", show_default=False)
    ] = None,
    as_json: AsJson = False,  # noqa: FBT002
) -> int:
    """Cancel an order that nobody has begun to prepare.

    With the staff key, any order that was not collected yet, also by its number.

    **Examples**

    - `coffeeshop cancel rjqiebn3nlpmskscwlj3sk4eua`
    - `coffeeshop cancel 042 --reason 'We are out of oat milk'`
    """
    body = {} if reason is None else {"reason": reason}
    if NUMBER.fullmatch(order):
        async with connect_as_staff(url) as http:
            order = (await find_order(http, order, ["placed", "preparing", "ready"]))["id"]
    async with (
        connect(url, staff_key(url)) as http,
        http.post(path("orders", order, "cancel"), json=body) as response,
    ):
        say_order(await content(response), as_json=as_json)
    return 0


@terminal.command
async def remake(url: Url, order: OrderName, as_json: AsJson = False) -> int:  # noqa: FBT002
    """Make a ready or collected order again, free of charge. For staff.

    The new order has a number of its own, and is the first in line.

    **Example**

    - `coffeeshop remake 042`
    """
    retrier = Retrier(
        attempts=ATTEMPTS,
        on_retry=lambda *pause: terminal.complain(terminal.retry_notice(*pause)),
    )
    async with connect_as_staff(url) as http:
        if NUMBER.fullmatch(order):
            order = (await find_order(http, order, ["ready", "collected"]))["id"]
        headers = {"Idempotency-Key": f"cli-{uuid.uuid4()}"}

        async def send() -> Json:
            async with http.post(path("orders", order, "remake"), headers=headers) as response:
                return await content(response)

        remade = (await retrier.send(send)).content
    say_order(remade, as_json=as_json)
    return 0


def say_order(order: Json, *, as_json: bool) -> None:
    """Print an order, or that it is in its state now."""
    if as_json:
        terminal.print_json(order)
    else:
        terminal.say(f"Order {order['number']} for {order['customer_name']} is {order['state']}.")
