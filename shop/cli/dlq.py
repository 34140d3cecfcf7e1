"""`coffeeshop dlq`: the tickets that were given up on, for managers to read and to redrive."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import aiohttp
import typer
from rich.console import RenderableType

from shop.cli import terminal
from shop.cli.listing import Entry, listing
from shop.cli.options import AsJson, Url
from shop.client.answers import Json, content
from shop.client.connection import connect_as_staff
from shop.client.dead_letters import (
    MOST_LISTED,
    Redriven,
    read_dead_letter,
    read_dead_letters,
    redrive,
    redrive_all,
    try_all,
)

dlq = typer.Typer(
    name="dlq",
    no_args_is_help=True,
    rich_markup_mode="markdown",
    help="""List and redrive dead letters, the tickets that were given up on. For managers.

    **Examples**

    - `coffeeshop dlq list`
    - `coffeeshop dlq redrive --all`
    """,
)


@dlq.command("list")
@terminal.command
async def list_(
    url: Url,
    limit: Annotated[int, typer.Option(min=1, max=MOST_LISTED, help="How many at most.")] = 100,
    as_json: AsJson = False,  # noqa: FBT002
) -> int:
    """List dead letters, the oldest first, each with its reason and its order.

    **Examples**

    - `coffeeshop dlq list --limit 10`
    - `coffeeshop dlq list --json | jq -r '.[].reason'`
    """
    async with connect_as_staff(url) as http:
        answer = await read_dead_letters(http, limit)
    if as_json:
        terminal.print_json(answer["dead_letters"])
    else:
        print_listed(_table(answer["dead_letters"]), len(answer["dead_letters"]), answer["total"])
    return 0


@dlq.command()
@terminal.command
async def show(url: Url, letter_id: Annotated[str, typer.Argument(metavar="ID")]) -> int:
    """Show a dead letter with its body, as JSON.

    **Example**

    - `coffeeshop dlq show 0f1d8e0c-5f0e-4c6c-9c58-7a4b7f1f2d11`
    """
    async with connect_as_staff(url) as http:
        shown = await read_dead_letter(http, letter_id)
    terminal.print_json(shown)
    return 0


@dlq.command("redrive")
@terminal.command
async def redrive_(
    url: Url,
    ids: Annotated[list[str] | None, typer.Argument(metavar="[ID]…", show_default=False)] = None,
    all_: Annotated[bool, typer.Option("--all", help="All dead letters.")] = False,  # noqa: FBT002
    rate: Annotated[float, typer.Option(min=0.1, help="How many in each second.")] = 10,
    dry_run: Annotated[  # noqa: FBT002
        bool, typer.Option("--dry-run", help="Show what would happen, and change nothing.")
    ] = False,
) -> int:
    """Place the orders of dead letters anew, and give them fresh tickets.

    Exits with 0 when all were redriven, with 1 when some could not be.

    **Examples**

    - `coffeeshop dlq redrive --all --dry-run`
    - `coffeeshop dlq redrive --all --rate 5`
    """
    if all_ == bool(ids):
        raise typer.BadParameter("give either the ids of dead letters, or --all")
    async with connect_as_staff(url) as http:
        done = await _redrive(http, ids or (), rate, dry_run=dry_run)
    for letter_id, reason in done.refused.items():
        terminal.complain(f"{letter_id}: {reason}")
    if done.left:
        terminal.complain(f"{done.left} could not be read; run this again.")
    verb = "Would redrive" if dry_run else "Redriven:"
    terminal.say(f"{verb} {done.redriven} of {done.count + done.left}")
    return terminal.FAILED if done.refused or done.left else 0


@dlq.command()
@terminal.command
async def purge(
    url: Url,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,  # noqa: FBT002
) -> int:
    """Delete all dead letters for good. Their orders stay failed.

    **Examples**

    - `coffeeshop dlq purge`
    - `coffeeshop dlq purge --yes`
    """
    async with connect_as_staff(url) as http:
        count = (await read_dead_letters(http, 1))["total"]
        if not count:
            terminal.say("No dead letters.")
            return 0
        if not yes and not typer.confirm(f"Delete {count} dead letters for good?"):
            return terminal.FAILED
        async with http.delete("dead-letters") as response:
            purged = (await content(response))["purged"]
    terminal.say(f"Purged: {purged}")
    return 0


async def _redrive(
    http: aiohttp.ClientSession, ids: Sequence[str], rate: float, *, dry_run: bool
) -> Redriven:
    if dry_run and not ids:
        return await try_all(http)
    total = len(ids) or (await read_dead_letters(http, 1))["total"]
    with terminal.redrive_bar(total) as move:

        def show(done: Redriven) -> None:
            move(completed=done.count)

        if ids:
            return await redrive(http, ids, rate, show, dry_run=dry_run)
        return await redrive_all(http, rate, show)


def print_listed(table: RenderableType, count: int, total: int) -> None:
    """Print a list of dead letters, which may be the first of more."""
    terminal.show(table if count else "No dead letters.")
    if total > count:
        terminal.say(f"{count} of {total}")


def _table(letters: Sequence[Json]) -> RenderableType:
    return listing(("No.", "State", "Id"), [_entry(letter) for letter in letters])


def _entry(letter: Json) -> Entry:
    cells = (letter["order_number"] or "-", letter["order_state"] or "-", letter["id"])
    age, attempts = _age(letter["age_seconds"]), letter["attempts"]
    return Entry(cells, (f"{age} old, attempts: {attempts}", letter["reason"]))


def _age(seconds: int) -> str:
    for unit, length in (("d", 86_400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * length:
            return f"{seconds // length} {unit}"
    return f"{seconds} s"
