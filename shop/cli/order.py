"""`coffeeshop order`: places one order and follows it until it is ready."""

from __future__ import annotations

import asyncio
import datetime as dt
import uuid
from typing import Annotated, Any

import aiohttp
import typer
from rich.status import Status

from shared.domain.money import display
from shop.cli import terminal
from shop.cli.options import Url
from shop.client.answers import Json
from shop.client.connection import connect
from shop.client.live_stream import UNDER_WAY, Change
from shop.client.order_follower import OrderFollower
from shop.client.ordering import OrderPlacer, parse_order_line
from shop.client.retrier import Retrier

ATTEMPTS = 4
SERVED = frozenset({"ready", "collected"})


@terminal.command
async def order(
    url: Url,
    lines: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[ITEM:SIZE[+MODIFIER…][*QUANTITY]]…",
            help="What to order. Left out, it is latte:large.",
            show_default=False,
        ),
    ] = None,
    name: Annotated[str, typer.Option(help="The name to call out.")] = "Guest",
    timeout: Annotated[float, typer.Option(min=0, help="Seconds to wait for it.")] = 600,  # noqa: ASYNC109 - the user's, not the caller's
    follow: Annotated[bool, typer.Option(help="Wait until the order is ready.")] = True,  # noqa: FBT002
) -> int:
    """Place one order and follow it live until it is ready.

    **Examples**

    - `coffeeshop order --name Ada`
    - `coffeeshop order 'latte:large+oat-milk*2' croissant:regular --name Ada`
    - `coffeeshop order espresso:double --no-follow`

    Exits with 0 when the order is ready, 1 when it failed, was canceled or took too long, 2 when
    the shop rejected the request.
    """
    try:
        items = [parse_order_line(line) for line in lines or ["latte:large"]]
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    body = {"customer_name": name, "items": items}
    say = terminal.out().print
    async with connect(url) as http:
        retrier = Retrier(
            attempts=ATTEMPTS, on_retry=lambda *pause: say(terminal.retry_notice(*pause))
        )
        placer = OrderPlacer(http=http, retrier=retrier)
        placed = (await placer.place(body, f"cli-{uuid.uuid4()}")).content
        say(_summary(placed))
        say(f"{url.rstrip('/')}/orders/{placed['id']}")
        return 0 if not follow else await _follow(http, placed, timeout)


async def _follow(http: aiohttp.ClientSession, placed: Json, timeout: float) -> int:  # noqa: ASYNC109 - as above
    board = _Board(placed["number"])
    with board:
        follower = OrderFollower(http, placed, board.show)
        try:
            async with asyncio.timeout(timeout):
                end = await follower.follow()
        except TimeoutError:
            board.say(f"still {follower.latest.state} after {timeout:g} s")
            return terminal.FAILED
    return 0 if end.state in SERVED else terminal.FAILED


class _Board:
    """Shows how far the order is: a moving line on a terminal, a line for each state anywhere."""

    def __init__(self, number: str) -> None:
        self._console = terminal.out()
        self._number = number
        self._placed_at: dt.datetime | None = None
        self._status: Status | None = None
        if self._console.is_terminal:
            self._status = self._console.status("")

    def __enter__(self) -> None:
        if self._status is not None:
            self._status.start()

    def __exit__(self, *_: object) -> None:
        if self._status is not None:
            self._status.stop()

    def show(self, change: Change) -> None:
        self._placed_at = self._placed_at or change.at
        elapsed = (change.at - self._placed_at).total_seconds()
        self.say(change.state if change.version == 1 else f"{change.state} after {elapsed:.1f} s")
        if self._status is not None and change.state in UNDER_WAY:
            self._status.update(f"{self._number}  {change.state} …")

    def say(self, what: str) -> None:
        self._console.print(f"{self._number}  {what}")


def _summary(placed: Json) -> str:
    lines = ", ".join(_line(item) for item in placed["items"])
    estimate = placed.get("estimate")
    wait = f", in {estimate['low_seconds']}-{estimate['high_seconds']} s" if estimate else ""
    total = display(placed["total"], placed["currency"])
    return f"Order {placed['number']} for {placed['customer_name']}: {lines}; {total}{wait}"


def _line(item: dict[str, Any]) -> str:
    extras = "".join(f" + {modifier}" for modifier in item["modifiers"])
    return f"{item['quantity']} x {item['name']}, {item['size']}{extras}"
