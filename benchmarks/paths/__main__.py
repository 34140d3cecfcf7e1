"""`python -m benchmarks.paths`: how many files and functions a reader passes on four paths."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from benchmarks.paths.run import measure
from benchmarks.paths.services import Entered


@dataclass(frozen=True, slots=True)
class Limit:
    """The most files of ours that a path may enter, and the most functions, if that is bounded."""

    files: int
    functions: int | None = None


LIMITS = {
    "placing an order": Limit(50, 155),
    "a ticket, until its order is ready": Limit(33, 118),
    "a webhook, from SNS to delivered": Limit(43, 138),
    "a notifier's start, until it listens": Limit(97),
}
"""What is needed, and little more: decision 0016 lists the protections that are among it."""


def main(
    functions: Annotated[bool, typer.Option(help="List the functions too, by file.")] = False,  # noqa: FBT002 - typer makes it an option
) -> None:
    """Run the services under a profiler, and count what they enter on each path.

    Only files of producer, worker, notifier and shared count, and only named functions. Exits
    with 1 when a path is longer than its limit in benchmarks/paths/__main__.py.
    """
    console = Console(highlight=False)
    with console.status("running the services under a profiler"):
        paths = asyncio.run(measure())
    table = Table("Path", "Files", "at most", "Functions", "at most", box=None)
    too_long = False
    for name, entered in paths.items():
        limit, files = LIMITS[name], len({file for file, _ in entered})
        too_long |= files > limit.files
        too_long |= limit.functions is not None and len(entered) > limit.functions
        table.add_row(
            *(name, str(files), str(limit.files), str(len(entered)), str(limit.functions or ""))
        )
    console.print(table)
    if functions:
        for name, entered in paths.items():
            console.print(f"\n[bold]{name}[/bold]")
            console.print("\n".join(listed(entered)), soft_wrap=True)
    raise typer.Exit(1 if too_long else 0)


def listed(entered: Entered) -> Iterable[str]:
    """List functions by file, a line each."""
    for file, functions in groupby(sorted(entered), itemgetter(0)):
        yield f"  {file}: {', '.join(name for _, name in functions)}"


if __name__ == "__main__":
    typer.run(main)
