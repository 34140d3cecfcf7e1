"""`coffeeshop order`: places one order and follows it until it is ready."""

from __future__ import annotations

import asyncio
import datetime as dt
import uuid
from typing import Annotated

import aiohttp
import typer
from rich.status import Status
from rich.text import Text

from shared.domain.money import display
from shared.domain.visible_text import visible
from shop.cli import terminal
from shop.cli.options import Url
from shop.client.answers import Json, content
from shop.client.connection import connect
from shop.client.live_stream import UNDER_WAY, Change
from shop.client.order_follower import OrderFollower, ShopGoneError
from shop.client.ordering import OrderPlacer, line_summary, parse_order_line, with_size
from shop.client.retrier import Retrier

ATTEMPTS = 4
SERVED = frozenset({"ready", "collected"})


@terminal.command
async def order(  # noqa: PLR0913, PLR0917 - the options of a command
    url: Url,
    lines: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="ITEM",
            help="ITEM[:SIZE][+MODIFIER…][*QUANTITY], as `coffeeshop menu` has it; latte:large "
            "when left out. Without a size it is the middle one.",
            show_default=False,
        ),
    ] = None,
    name: Annotated[str, typer.Option(help="The name to call out.")] = "Guest",
    notes: Annotated[
        list[str] | None,
        typer.Option(
            "--note",
            help="For the barista; the first belongs to the first item, and so on.",
            show_default=False,
        ),
    ] = None,
    here: Annotated[
        bool | None,
        typer.Option(
            "--here/--away",
            help="Whether you eat and drink there; tax may depend on it.",
            show_default=False,
        ),
    ] = None,
    timeout: Annotated[float, typer.Option(min=0, help="Seconds to wait for it.")] = 600,  # noqa: ASYNC109 - the user's, not the caller's
    follow: Annotated[bool, typer.Option(help="Wait until the order is ready.")] = True,  # noqa: FBT002
    as_json: Annotated[  # noqa: FBT002
        bool, typer.Option("--json", help="Print the order as JSON, and do not follow it.")
    ] = False,
) -> int:
    """Place one order and follow it live until it is ready.

    **Examples**

    - `coffeeshop order --name Ada`
    - `coffeeshop order 'latte:large+oat-milk*2' croissant --name Ada`
    - `coffeeshop order flat-white --note 'extra hot' --no-follow`
    - `coffeeshop order croissant --here`

    Exits with 0 when the order is ready, 1 when it failed, was canceled or took too long, 2 when
    the shop rejected the request, 3 when the shop has closed or does not answer.
    """
    items = _lines(lines or ["latte:large"], notes or [])
    async with connect(url) as http:
        if any(line["size"] is None for line in items):
            async with http.get("menu") as response:
                menu = await content(response)
            items = [with_size(line, menu) for line in items]
        placed = await _place(http, _body(name, items, here=here))
        if as_json:
            terminal.print_json(placed)
            return 0
        terminal.say(_summary(placed), f"{url.rstrip('/')}/orders/{placed['id']}")
        return 0 if not follow else await _follow(http, placed, timeout)


def _lines(lines: list[str], notes: list[str]) -> list[Json]:
    """Read what was typed; raises typer.BadParameter."""
    if len(notes) > len(lines):
        raise typer.BadParameter(f"there are {len(notes)} notes for {len(lines)} item(s)")
    try:
        parsed = [parse_order_line(line) for line in lines]
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    for line, note in zip(parsed, notes, strict=False):
        line["note"] = note
    return [*parsed]


def _body(name: str, items: list[Json], *, here: bool | None) -> Json:
    body: Json = {"customer_name": name, "items": items}
    return body if here is None else {**body, "serve": "here" if here else "away"}


async def _place(http: aiohttp.ClientSession, body: Json) -> Json:
    retrier = Retrier(
        attempts=ATTEMPTS,
        on_retry=lambda *pause: terminal.complain(terminal.retry_notice(*pause)),
    )
    placer = OrderPlacer(http=http, retrier=retrier)
    return (await placer.place(body, f"cli-{uuid.uuid4()}")).content


async def _follow(http: aiohttp.ClientSession, placed: Json, timeout: float) -> int:  # noqa: ASYNC109 - as above
    board = _Board(placed["number"])
    with board:
        follower = OrderFollower(http, placed, board.show, board.wait_for_shop)
        try:
            async with asyncio.timeout(timeout):
                end = await follower.follow()
        except TimeoutError:
            board.say(f"still {follower.latest.state} after {timeout:g} s")
            return terminal.FAILED
        except ShopGoneError:
            board.say(
                f"still {follower.latest.state}, and the shop has closed or does not answer. "
                "The order is kept: it goes on when the shop is open again."
            )
            return terminal.UNREACHABLE
    return 0 if end.state in SERVED else terminal.FAILED


class _Board:
    """Shows how far the order is: a moving line on a terminal, a line for each state anywhere."""

    def __init__(self, number: str) -> None:
        self._console = terminal.out()
        self._number = number
        self._placed_at: dt.datetime | None = None
        self._status: Status | None = None
        if self._console.is_terminal:
            self._status = self._console.status(Text())

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
            self._status.update(Text(visible(f"{self._number}  {change.state} …")))

    def wait_for_shop(self) -> None:
        """Say once that the connection is lost, and on a terminal show that it is sought."""
        self.say("the shop does not answer; trying again")

    def say(self, what: str) -> None:
        terminal.say_on(self._console, f"{self._number}  {what}")


def _summary(placed: Json) -> str:
    lines = ", ".join(line_summary(item) for item in placed["items"])
    estimate = placed.get("estimate")
    wait = f", in {estimate['low_seconds']}-{estimate['high_seconds']} s" if estimate else ""
    total = display(placed["total"], placed["currency"])
    if placed["tax"]:
        total += f" with {display(placed['tax'], placed['currency'])} tax"
    return f"Order {placed['number']} for {placed['customer_name']}: {lines}; {total}{wait}"
