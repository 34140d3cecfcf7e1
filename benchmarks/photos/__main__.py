"""`python -m benchmarks.photos`: from the upload of a photo to the menu."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markdown import Markdown

from benchmarks.photos.page import section, write
from benchmarks.photos.run import measure, middle, p95

MOST_SECONDS = 2.0
"""What p95 may be when photos come one after the other."""


def main(
    photos: Annotated[int, typer.Option(min=4, help="How many in each run.")] = 20,
    runs: Annotated[int, typer.Option(min=1, help="How many runs.")] = 3,
    page: Annotated[Path | None, typer.Option(help="Write the figures into this page.")] = None,
) -> None:
    """Upload photos of 5 MB to a shop, and print how long each took to be on the menu.

    Exits with 1 when the 95th percentile is above 2 s.
    """
    console = Console(highlight=False)
    with console.status("opening the shop") as status:
        found = asyncio.run(measure(photos, runs, status.update))
    console.print(Markdown(section(found)))
    if page is not None:
        write(found, page)
    sys.exit(middle(found.in_turn, p95) > MOST_SECONDS)


if __name__ == "__main__":
    typer.run(main)
