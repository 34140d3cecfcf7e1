"""`coffeeshop topics dead-letters` and `redrive`: deliveries given up on, for managers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer
from rich.console import RenderableType

from shop.cli import terminal
from shop.cli.dlq import print_listed
from shop.cli.listing import Entry, listing
from shop.cli.options import AsJson, Url
from shop.client.answers import Json, content
from shop.client.connection import connect_as_staff
from shop.client.delivery_dead_letters import redrive_deliveries

MOST_LISTED = 1000


@terminal.command
async def dead_letters(
    url: Url,
    limit: Annotated[int, typer.Option(min=1, max=MOST_LISTED, help="How many at most.")] = 100,
    as_json: AsJson = False,  # noqa: FBT002
) -> int:
    """List the deliveries that were given up on, and why. For managers.

    **Examples**

    - `coffeeshop topics dead-letters --limit 10`
    - `coffeeshop topics dead-letters --json | jq -r '.[].subscription_id'`
    """
    async with (
        connect_as_staff(url) as http,
        http.get("subscriptions/dead-letters", params={"limit": limit}) as response,
    ):
        answer = await content(response)
    if as_json:
        terminal.print_json(answer["dead_letters"])
    else:
        print_listed(_table(answer["dead_letters"]), len(answer["dead_letters"]), answer["total"])
    return 0


@terminal.command
async def redrive(
    url: Url,
    subscription: Annotated[
        str | None,
        typer.Option(metavar="ID", help="Only this subscription's deliveries.", show_default=False),
    ] = None,
) -> int:
    """Redrive the deliveries that were given up on. For managers.

    Paused subscriptions are resumed. Exits with 0 if all were redriven, with 1 if some were not:
    their subscriptions have ended, or they could not be read.

    **Examples**

    - `coffeeshop topics redrive`
    - `coffeeshop topics redrive --subscription de83bdabfb3dd80d4cbbff8628682a05`
    """
    async with connect_as_staff(url) as http:
        with terminal.redrive_bar() as move:
            done = await redrive_deliveries(
                http,
                subscription,
                lambda done: move(completed=done.redriven, total=done.total),
            )
    for count, fate in ((done.refused, "could not be redriven"), (done.left, "not read")):
        if count:
            terminal.complain(f"{count} {fate}")
    terminal.say(f"Redriven: {done.redriven}")
    return terminal.FAILED if done.refused or done.left else 0


def _table(letters: Sequence[Json]) -> RenderableType:
    return listing(("Attempts", "Subscription"), [_entry(letter) for letter in letters])


def _entry(letter: Json) -> Entry:
    cells = (str(letter["attempts"]), letter["subscription_id"] or "-")
    event = f"{letter['topic'] or '-'}: {letter['type'] or '-'}"
    return Entry(cells, (event, letter["reason"] or "-"))
