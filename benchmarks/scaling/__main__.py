"""`python -m benchmarks.scaling`: simulates loads, runs one for real, and compares the two."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from benchmarks.scaling.chart import Column, draw
from benchmarks.scaling.checks import TOLERANCE, differences, falls, rises
from benchmarks.scaling.loads import Rate, arrivals, sine, spike, step
from benchmarks.scaling.real import RealRun
from benchmarks.scaling.simulation import Point, Setup, simulate
from shop.scaling.autoscaler import ScalingPolicy
from shop.scaling.target import BaristaRange

PREP_SECONDS = 2.0
SETUP = Setup(
    ScalingPolicy(BaristaRange(1, 4), acceptable_wait=4),
    concurrency=4,
    tick=0.5,
    start_seconds=2.0,
    between_seconds=0.1,
)
"""A shop in quick motion: its day is a minute, its tick half a second."""

STEP, STEP_SECONDS = step(0.5, 8.5, since=5, until=25), 70.0
SINE, SINE_SECONDS = sine(0.5, 7, period=90), 180.0
SPIKE, SPIKE_SECONDS = spike(0.5, 30, at=10, seconds=1), 60.0


def main(
    chart: Annotated[Path, typer.Option(help="Where the PNG goes.")] = Path("build/scaling.png"),
    real: Annotated[bool, typer.Option(help="Run the step of load for real as well.")] = True,  # noqa: FBT002
) -> None:
    """Scale a shop by a step, a sine and a spike of load; and by the step for real.

    Exits with 0 when the real shop does as the simulation says, by the rule in
    benchmarks/scaling/checks.py.
    """
    console = Console(highlight=False, soft_wrap=True)
    runs = {"simulated": _simulated(STEP, STEP_SECONDS)}
    if real:
        with console.status("running a step of load for real"):
            due = arrivals(STEP, STEP_SECONDS)
            runs["real"] = asyncio.run(RealRun(SETUP, PREP_SECONDS, due, STEP_SECONDS).watch())
    columns = [
        Column("A step of load", STEP, runs),
        Column("A sine", SINE, {"simulated": _simulated(SINE, SINE_SECONDS)}),
        Column("A spike", SPIKE, {"simulated": _simulated(SPIKE, SPIKE_SECONDS)}),
    ]
    draw(columns, SETUP, _title(), chart)
    found = differences(runs["simulated"], runs["real"], SETUP.policy.range) if real else []
    for name, points in runs.items():
        console.print(_changes(name, points))
    for difference in found:
        console.print(f"NOT AS SIMULATED: {difference}")
    console.print(f"Each within {TOLERANCE:g} s of the other, or not as simulated; {chart}")
    raise typer.Exit(1 if found else 0)


def _simulated(rate: Rate, seconds: float) -> Sequence[Point]:
    orders = [(at, PREP_SECONDS) for at in arrivals(rate, seconds)]
    return simulate(SETUP, orders, seconds)


def _title() -> str:
    bounds = SETUP.policy.range
    return (
        f"{bounds.least} to {bounds.most} baristas, {SETUP.concurrency} orders at once,"
        f" {PREP_SECONDS:g} s each; a tick every {SETUP.tick:g} s,"
        f" {SETUP.policy.acceptable_wait:g} s of wait are acceptable"
    )


def _changes(name: str, points: Sequence[Point]) -> str:
    bounds = SETUP.policy.range
    if max(point.workers for point in points) < bounds.most or points[-1].workers > bounds.least:
        return f"{name:10} does not reach both ends"
    up, down = rises(points, bounds), falls(points, bounds)
    changes = [f"{count} at {at:.1f} s" for count, at in (*up.items(), *down.items())]
    return f"{name:10} {', '.join(changes)}"


if __name__ == "__main__":
    typer.run(main)
