"""`python -m benchmarks.soak`: loads a shop for some minutes, and checks that it stays level."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from benchmarks.soak.chart import MIB, draw
from benchmarks.soak.level import Judgement, judge
from benchmarks.soak.run import Soak, Soaked
from shop.cli.terminal import bars
from shop.load.pending_orders import Finished
from shop.load.report import Step


def main(
    minutes: Annotated[float, typer.Option(min=0.5, help="How long the load lasts.")] = 10,
    rate: Annotated[
        float | None, typer.Option(min=0.1, help="Orders per second; else half of what it can.")
    ] = None,
    chart: Annotated[Path, typer.Option(help="Where the PNG goes.")] = Path("build/soak.png"),
) -> None:
    """Open a shop, order from it steadily, and see whether memory and descriptors stay level.

    Exits with 0 when no process is known to grow, by the rule in benchmarks/soak/level.py, and
    every order was taken, once, and became ready.
    """
    console = Console(highlight=False)
    with bars(console) as progress:
        bar = progress.add_task("opening the shop", total=None)

        def begin(phase: str, orders: int) -> None:
            progress.reset(bar, description=phase, total=orders or None)

        def advance_for(step: Step) -> None:
            if isinstance(step, Finished):
                progress.advance(bar)

        soaked = asyncio.run(Soak(minutes, rate).run(begin, advance_for))
    judgements = [judge(footprint, soaked.load) for footprint in soaked.footprints]
    draw(soaked.footprints, soaked.load, _title(soaked), chart)
    console.print(_table(judgements))
    console.print(f"{_title(soaked)}; {_visits(soaked)}; {chart}")
    console.print(f"A leak shows from {soaked.load.shows_from / MIB:.1f} MiB in an hour on")
    is_good = all(judgement.finding.is_good for judgement in judgements)
    raise typer.Exit(0 if is_good and soaked.report.is_clean else 1)


def _table(judgements: list[Judgement]) -> Table:
    table = Table("Process", "Memory", "In an hour", "Descriptors", "", box=None)
    for found in judgements:
        table.add_row(
            found.process,
            f"{found.memory / MIB:.1f} MiB",
            f"{found.growth:+.1%}",
            f"{found.descriptors_before} -> {found.descriptors_after}",
            found.finding.value,
        )
    return table


def _title(soaked: Soaked) -> str:
    report = soaked.report
    return (
        f"{report.placed} orders at {soaked.rate:.0f}/s: {report.ready} ready, {report.lost} lost,"
        f" {report.duplicates} doubled, {sum(report.errors.values())} errors"
    )


def _visits(soaked: Soaked) -> str:
    return ", ".join(f"{count} {visit}" for visit, count in sorted(soaked.visits.items()))


if __name__ == "__main__":
    typer.run(main)
