"""`python -m benchmarks.hands`: orders that people have in hand for long, at one worker."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from benchmarks.hands.run import Held, measure
from shared.runtime.settings import StoreKind
from tests.support.emulator import running_ministack


def main(
    orders: Annotated[int, typer.Option(help="How many are in hand at once.")] = 12,
    minutes: Annotated[float, typer.Option(help="For how long.")] = 30,
    visibility: Annotated[int, typer.Option(help="COFFEE_VISIBILITY_TIMEOUT.")] = 30,
    store: Annotated[
        StoreKind, typer.Option(help="Which store keeps the orders.")
    ] = StoreKind.SQLITE,
) -> None:
    """Hold orders at one worker, and print what it spent."""
    with running_ministack() as emulator, tempfile.TemporaryDirectory() as folder:
        held = asyncio.run(
            measure(
                emulator,
                Path(folder),
                orders=orders,
                seconds=minutes * 60,
                visibility=visibility,
                store=store,
            )
        )
    Console(highlight=False).print(_table(held))


def _table(held: Held) -> Table:
    table = Table("What", "In all", "An hour", box=None)
    for action, count in sorted(held.requests.items()):
        table.add_row(action, f"{count}", f"{count * 3600 / held.seconds:.0f}")
    table.add_row("CPU", f"{held.cpu_seconds:.2f} s", f"{100 * held.cpu:.2f} %")
    table.add_row("tickets received", f"{held.received}", "")
    table.add_row("highest attempt", f"{max(held.attempts)}", "")
    table.add_row("let go after the taps", f"{held.let_go_seconds:.2f} s", "")
    return table


if __name__ == "__main__":
    typer.run(main)
