"""The commands for a holder of a manage token: show, resume or end the subscription."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, TypeAlias

import aiohttp
import typer
from rich.table import Table

from shop.cli import terminal
from shop.cli.options import AsJson, Url
from shop.client.answers import Json, content, require_success
from shop.client.connection import connect_with, path, staff_key

SubscriptionId: TypeAlias = Annotated[
    str, typer.Argument(metavar="ID", help="The subscription's id.")
]

Token: TypeAlias = Annotated[
    str | None,
    typer.Option(
        envvar="COFFEE_MANAGE_TOKEN",
        help="The subscription's manage token. Left out, it is the staff key.",
        show_default=False,
    ),
]


@terminal.command
async def show(
    url: Url,
    subscription_id: SubscriptionId,
    token: Token = None,
    as_json: AsJson = False,  # noqa: FBT002
) -> int:
    """Show a subscription, its last deliveries, and what became of them."""
    async with (
        _connect_as_holder(url, token) as http,
        http.get(path("subscriptions", subscription_id)) as response,
    ):
        shown = await content(response)
    if as_json:
        terminal.print_json(shown)
        return 0
    console = terminal.out()
    console.print(terminal.fields(_summary(shown)))
    deliveries = shown["deliveries"]
    console.print(_table(deliveries) if deliveries else "Nothing was delivered yet.")
    return 0


@terminal.command
async def resume(url: Url, subscription_id: SubscriptionId, token: Token = None) -> int:
    """Resume a subscription that was paused, and have what it missed delivered.

    A subscription is paused when its subscriber could not be reached for hours.
    """
    async with (
        _connect_as_holder(url, token) as http,
        http.post(path("subscriptions", subscription_id, "resume")) as response,
    ):
        redriven = (await content(response))["redriven"]
    terminal.out().print(f"It is active. Deliveries made again: {redriven}")
    return 0


@terminal.command
async def unsubscribe(url: Url, subscription_id: SubscriptionId, token: Token = None) -> int:
    """End a subscription for good: nothing more is delivered."""
    async with (
        _connect_as_holder(url, token) as http,
        http.delete(path("subscriptions", subscription_id)) as response,
    ):
        await require_success(response)
    terminal.out().print("It has ended: nothing more is delivered.")
    return 0


def _connect_as_holder(url: str, token: str | None) -> aiohttp.ClientSession:
    missing = (
        "This needs the subscription's manage token: set COFFEE_MANAGE_TOKEN, or give --token."
    )
    return connect_with((token or "").strip() or staff_key(url), url, missing)


def _summary(shown: Json) -> dict[str, str]:
    wanted = [*shown["filter"]["type"], *shown["filter"]["order_id"]]
    return {
        "Topic": shown["topic"],
        "To": f"{shown['target']} ({shown['channel']})",
        "Only": ", ".join(wanted) or "-",
        "State": f"{shown['state']} since {_time(shown['since'])} UTC",
        "Notice": shown["notice"] or _challenge(shown) or "-",
        "Failures": f"{shown['failures']} of the last {len(shown['deliveries'])} deliveries",
    }


def _challenge(shown: Json) -> str | None:
    """Say why a webhook is pending, if its challenge failed."""
    if (challenge := shown.get("challenge")) is None:
        return None
    return f"the challenge failed: {challenge['error']}; the next: {_time(challenge['next_at'])}"


def _table(deliveries: Sequence[Json]) -> Table:
    table = Table("Tried (UTC)", "Type", "State", "Attempts", "Error", box=None)
    table.add_column("Delivery", no_wrap=True)
    return terminal.rows(
        table,
        (
            (
                _time(delivery["tried_at"]) if delivery["tried_at"] else "-",
                delivery["type"],
                delivery["state"],
                str(delivery["attempts"]),
                delivery["error"] or "-",
                delivery["id"],
            )
            for delivery in deliveries
        ),
    )


def _time(text: str) -> str:
    return text[:19].replace("T", " ")
