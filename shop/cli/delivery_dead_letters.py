"""`coffeeshop topics dead-letters` and `redrive`: deliveries that were given up on, for staff."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer
from rich.table import Table

from shop.cli import terminal
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
    """List the deliveries that were given up on, and why. For staff."""
    async with (
        connect_as_staff(url) as http,
        http.get("subscriptions/dead-letters", params={"limit": limit}) as response,
    ):
        answer = await content(response)
    if as_json:
        terminal.print_json(answer["dead_letters"])
    else:
        terminal.print_listed(_table(answer["dead_letters"]), answer["total"])
    return 0


@terminal.command
async def redrive(
    url: Url,
    subscription: Annotated[
        str | None,
        typer.Option(metavar="ID", help="Only this subscription's deliveries.", show_default=False),
    ] = None,
) -> int:
    """Redrive the deliveries that were given up on. For staff.

    Paused subscriptions are resumed. Exits with 0 if all were redriven, with 1 if some were not:
    their subscriptions have ended, or they could not be read.
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
            terminal.err().print(f"{count} {fate}")
    terminal.out().print(f"Redriven: {done.redriven}")
    return terminal.FAILED if done.refused or done.left else 0


def _table(letters: Sequence[Json]) -> Table:
    table = Table("Topic", "Type", "Attempts", "Reason", box=None)
    table.add_column("Subscription", no_wrap=True)
    return terminal.rows(
        table,
        (
            (
                letter["topic"] or "-",
                letter["type"] or "-",
                str(letter["attempts"]),
                letter["reason"] or "-",
                letter["subscription_id"] or "-",
            )
            for letter in letters
        ),
    )
