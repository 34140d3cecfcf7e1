"""Draws backlog, wait and baristas over time, one column for each load, as a PNG."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from benchmarks.scaling.loads import Rate
from benchmarks.scaling.simulation import Point, Setup

COLORS = {"simulated": "tab:blue", "real": "tab:orange"}


@dataclass(frozen=True, slots=True)
class Column:
    """One load and its runs, by what they are called."""

    title: str
    rate: Rate
    runs: Mapping[str, Sequence[Point]]


def draw(columns: Sequence[Column], setup: Setup, title: str, path: Path) -> None:
    """Write the chart to `path`, whose folder is made if need be."""
    figure = Figure(figsize=(4.2 * len(columns), 8), dpi=100, layout="constrained")
    figure.suptitle(title, fontsize=11)
    rows = figure.subplots(4, len(columns), sharex="col", squeeze=False)
    for column, (orders, backlog, wait, workers) in zip(columns, rows.T, strict=True):
        orders.set_title(column.title, fontsize=10)
        _draw_rate(orders, column)
        for name, run in column.runs.items():
            _draw_run(backlog, [(point.at, point.backlog) for point in run], name)
            _draw_run(wait, [(point.at, point.wait) for point in run], name)
            _draw_run(workers, [(point.at, point.workers) for point in run], name)
        wait.axhline(setup.policy.acceptable_wait, color="0.5", ls="--", lw=1)
        workers.set_yticks(range(setup.policy.range.most + 1))
        workers.set_xlabel("seconds")
        for axes in (orders, backlog, wait, workers):
            axes.set_ylim(bottom=0)
            axes.grid(alpha=0.3)
    labels = ("orders per second", "backlog", "wait, s (- - acceptable)", "baristas at work")
    for axes, label in zip(rows[:, 0], labels, strict=True):
        axes.set_ylabel(label, fontsize=9)
    rows[-1, 0].legend(frameon=False, fontsize=9, loc="upper right")
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path)


def _draw_rate(axes: Axes, column: Column) -> None:
    times = [point.at for point in column.runs["simulated"]]
    rates = [column.rate(at) for at in times]
    axes.fill_between(times, rates, step="post", color="0.8", lw=0)


def _draw_run(axes: Axes, values: Sequence[tuple[float, float | None]], name: str) -> None:
    known = [(at, value) for at, value in values if value is not None]
    axes.step(*zip(*known, strict=True), where="post", lw=1.4, color=COLORS[name], label=name)
