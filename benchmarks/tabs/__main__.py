"""`python -m benchmarks.tabs`: a page that is open while orders come, and what its tab holds."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from benchmarks.tabs.run import Sample, watched

_FEWEST = 6


def main(
    page: Annotated[str, typer.Option(help="The address of the page.")] = "/staff/operations",
    minutes: Annotated[float, typer.Option(help="For how long it is open.")] = 60,
    rate: Annotated[float, typer.Option(help="Orders in each second.")] = 5,
) -> None:
    """Keep a page open, and print what its tab holds after each collection of garbage."""
    console = Console(highlight=False)
    with tempfile.TemporaryDirectory() as folder:
        samples = asyncio.run(
            watched(Path(folder), page, seconds=minutes * 60, rate=rate, show=console.print)
        )
    console.print(_table(samples))
    if len(samples) < _FEWEST:
        console.print("That was too short to tell whether the tab's memory grows.")
        raise typer.Exit(1)
    level = is_level(samples)
    console.print("The tab's memory is level." if level else "The tab's memory grows.")
    raise typer.Exit(0 if level else 1)


def is_level(samples: list[Sample]) -> bool:
    """Whether the last third of the samples held no more than 10 % above the third before it."""
    third = len(samples) // 3
    before, last = samples[-2 * third : -third], samples[-third:]
    held = [
        (max(one.held.heap for one in part), max(one.held.nodes for one in part))
        for part in (before, last)
    ]
    return all(after <= earlier * 1.1 for earlier, after in zip(*held, strict=True))


def _table(samples: list[Sample]) -> Table:
    table = Table("Minute", "Orders", "Heap", "Nodes", "Listeners", box=None)
    for sample in samples[:: max(1, len(samples) // 12)]:
        held = sample.held
        table.add_row(
            f"{sample.seconds / 60:.1f}",
            f"{sample.orders:,}",
            f"{held.heap / 1e6:.2f} MB",
            f"{held.nodes:,}",
            f"{held.listeners:,}",
        )
    return table


if __name__ == "__main__":
    typer.run(main)
