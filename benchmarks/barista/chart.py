"""Draws what an order costs each program, run by run, as a PNG."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median

from matplotlib.figure import Figure


def draw(costs: Mapping[str, Sequence[float]], bound: float, title: str, path: Path) -> None:
    """Write bars of the medians, a dot for each run, and the bound, all in milliseconds."""
    figure = Figure(figsize=(7, 3), dpi=100, layout="constrained")
    axes = figure.subplots()
    axes.barh(list(costs), [median(runs) for runs in costs.values()], color="0.8", height=0.5)
    for name, runs in costs.items():
        axes.plot(runs, [name] * len(runs), "o", color="tab:blue", ms=4)
    axes.axvline(bound, color="tab:red", ls="--", lw=1, label=f"bound with 40: {bound:.2f} ms")
    axes.set_xlabel("CPU time of an order, ms")
    axes.set_title(title, fontsize=10)
    axes.set_xlim(left=0)
    axes.grid(axis="x", alpha=0.3)
    axes.legend(frameon=False, fontsize=9)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path)
