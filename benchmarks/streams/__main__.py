"""`python -m benchmarks.streams`: serves a thousand live streams, and compares with a hundred."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from benchmarks.streams.checks import MOST_RATIO, Round, failures, growth, ratio
from benchmarks.streams.run import FEW, Measured, Plan, measure

MIB = 2**20


def main(
    streams: Annotated[int, typer.Option(min=FEW, help="Streams that are open.")] = 1000,
    stalled: Annotated[int, typer.Option(min=0, help="How many of them nobody reads.")] = 100,
    rate: Annotated[float, typer.Option(min=0.1, help="Events per second.")] = 8,
    seconds: Annotated[float, typer.Option(min=1, help="How long each measurement lasts.")] = 25,
    rounds: Annotated[int, typer.Option(min=1, help="Rounds, whose median counts.")] = 3,
) -> None:
    """Publish to a hundred streams, then to a thousand of which a hundred are stalled.

    Exits with 0 when the others are served well, by the rule in benchmarks/streams/checks.py.
    Few events a second are enough: each is written to every stream, and the delay of that is
    measured, not the throughput of the machine.
    """
    console = Console(highlight=False)
    with console.status("opening") as status:
        measured = asyncio.run(
            measure(Plan(streams, stalled, rate, seconds, rounds), status.update)
        )
    console.print(_table(measured.rounds, streams))
    console.print(_summary(measured, rate))
    found = failures(measured.rounds, measured.memory_empty, streams)
    for failure in found:
        console.print(f"NOT WELL: {failure}")
    raise typer.Exit(1 if found else 0)


def _table(rounds: list[Round], streams: int) -> Table:
    table = Table("", f"{FEW}: p50", "p99", f"{streams}: p50", "p99", "Ratio", box=None)
    for title in ("Missed", "Dropped", "MiB", "Our CPU"):
        table.add_column(title)
    for number, one in enumerate(rounds, 1):
        table.add_row(
            str(number),
            _milliseconds(one.few.p50),
            _milliseconds(one.few.p99),
            _milliseconds(one.all.p50),
            _milliseconds(one.all.p99),
            f"{one.ratio:.2f}",
            str(one.missed),
            f"{one.dropped}/{one.stalled}",
            f"{one.memory_few / MIB:.0f}-{one.memory_all / MIB:.0f}",
            f"{one.busy:.0%}",
        )
    return table


def _milliseconds(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms"


def _summary(measured: Measured, rate: float) -> str:
    grown = growth(measured.rounds, measured.memory_empty)
    return (
        f"At {rate:g} events/s the p99 is {ratio(measured.rounds):.2f} times that of {FEW} streams"
        f" (at most {MOST_RATIO:g}); memory rises by {grown / MIB:.0f} MiB"
    )


if __name__ == "__main__":
    typer.run(main)
