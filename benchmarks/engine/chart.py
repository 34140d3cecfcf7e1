"""Draws what a message costs each consumer, and how many each settles, as a PNG."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure

_COLOURS = ("tab:blue", "tab:orange")


def draw(
    names: Sequence[str],
    cpu: Mapping[str, Sequence[float]],
    rates: Mapping[str, Sequence[float]],
    path: Path,
) -> None:
    """Write the chart to `path`; each series is named, and has a figure for each consumer."""
    figure = Figure(figsize=(10, 4.5), dpi=100, layout="constrained")
    left, right = figure.subplots(1, 2, sharey=True)
    _bars(left, names, cpu, "CPU, ms a message")
    _bars(right, names, rates, "messages a second, the server 10 ms away")
    left.invert_yaxis()
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path)


def _bars(
    axes: Axes, names: Sequence[str], series: Mapping[str, Sequence[float]], label: str
) -> None:
    height = 0.8 / len(series)
    for place, (name, figures) in enumerate(series.items()):
        at = [row + (place - (len(series) - 1) / 2) * height for row in range(len(names))]
        bars = axes.barh(at, figures, height, label=name, color=_COLOURS[place])
        axes.bar_label(bars, fmt="{:.3g}", padding=2, fontsize=7)
    axes.set_yticks(range(len(names)), names)
    axes.set_xlabel(label)
    axes.set_xscale("log")
    axes.margins(x=0.15)
    axes.grid(axis="x", alpha=0.3)
    axes.legend(frameon=False, fontsize=8)
