"""The commands for a holder of a manage token: show, resume or end the subscription."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, TypeAlias

import aiohttp
import typer
from rich.console import RenderableType

from shop.cli import terminal
from shop.cli.listing import Entry, fields, listing, local, zone
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
    """Show a subscription, its last deliveries, and what became of them.

    **Examples**

    - `COFFEE_MANAGE_TOKEN="$TOKEN" coffeeshop topics show "$ID"`
    - `coffeeshop topics show de83bdabfb3dd80d4cbbff8628682a05 --json` (with the staff key)
    """
    async with (
        _connect_as_holder(url, token) as http,
        http.get(path("subscriptions", subscription_id)) as response,
    ):
        shown = await content(response)
    if as_json:
        terminal.print_json(shown)
        return 0
    terminal.show(fields(_summary(shown)))
    deliveries = shown["deliveries"]
    terminal.show(_table(deliveries) if deliveries else "Nothing was delivered yet.")
    return 0


@terminal.command
async def resume(url: Url, subscription_id: SubscriptionId, token: Token = None) -> int:
    """Resume a subscription that was paused, and have what it missed delivered.

    A subscription is paused when its subscriber could not be reached for hours.

    **Example**

    - `COFFEE_MANAGE_TOKEN="$TOKEN" coffeeshop topics resume "$ID"`
    """
    async with (
        _connect_as_holder(url, token) as http,
        http.post(path("subscriptions", subscription_id, "resume")) as response,
    ):
        redriven = (await content(response))["redriven"]
    terminal.say(f"It is active. Deliveries made again: {redriven}")
    return 0


@terminal.command
async def unsubscribe(url: Url, subscription_id: SubscriptionId, token: Token = None) -> int:
    """End a subscription for good: nothing more is delivered.

    **Example**

    - `COFFEE_MANAGE_TOKEN="$TOKEN" coffeeshop topics unsubscribe "$ID"`
    """
    async with (
        _connect_as_holder(url, token) as http,
        http.delete(path("subscriptions", subscription_id)) as response,
    ):
        await require_success(response)
    terminal.say("It has ended: nothing more is delivered.")
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
        "State": f"{shown['state']} since {local(shown['since'])} {zone()}",
        "Notice": shown["notice"] or _challenge(shown) or "-",
        "Failures": f"{shown['failures']} of the last {len(shown['deliveries'])} deliveries",
    }


def _challenge(shown: Json) -> str | None:
    """Say why a webhook is pending, if its challenge failed."""
    if (challenge := shown.get("challenge")) is None:
        return None
    return f"the challenge failed: {challenge['error']}; the next: {local(challenge['next_at'])}"


def _table(deliveries: Sequence[Json]) -> RenderableType:
    heads = (f"Tried ({zone()})", "State", "Delivery")
    return listing(heads, [_entry(delivery) for delivery in deliveries])


def _entry(delivery: Json) -> Entry:
    cells = (local(delivery["tried_at"]), delivery["state"], delivery["id"])
    attempts = f"{delivery['type']}, attempts: {delivery['attempts']}"
    return Entry(cells, (attempts, *((delivery["error"],) if delivery["error"] else ())))
