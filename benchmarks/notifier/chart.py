"""Draws what a live event costs with few streams and with many, as a PNG."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from matplotlib.figure import Figure

from benchmarks.notifier.live import LiveCost


def draw(live: Sequence[LiveCost], path: Path) -> None:
    """Write the chart to `path`, whose folder is made if need be."""
    figure = Figure(figsize=(6, 3), dpi=100, layout="constrained")
    axes = figure.subplots()
    names = [f"{each.streams:,}" for each in live]
    own = [each.cpu * 1000 for each in live]
    idle = [(each.all_cpu - each.cpu) * 1000 for each in live]
    axes.bar(names, own, width=0.5, label="for the event")
    axes.bar(
        names, idle, width=0.5, bottom=own, color="0.8", label="heartbeats and polls meanwhile"
    )
    axes.set_xlabel("open streams")
    axes.set_ylabel("ms of CPU a live event")
    axes.legend(frameon=False)
    axes.grid(axis="y", alpha=0.3)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path)
