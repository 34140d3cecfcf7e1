"""Draws what the processes held over time, as a PNG."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from benchmarks.soak.footprint import Footprint
from benchmarks.soak.level import LoadTime

MIB = 2**20


def draw(footprints: Sequence[Footprint], load: LoadTime, title: str, path: Path) -> None:
    """Write the chart of all processes to `path`, whose folder is made if need be."""
    figure = Figure(figsize=(9, 6), dpi=100, layout="constrained")
    memory, descriptors = figure.subplots(2, 1, sharex=True)
    for footprint in footprints:
        minutes = [sample.at / 60 for sample in footprint.samples]
        memory.plot(minutes, [sample.memory / MIB for sample in footprint.samples], lw=1)
        descriptors.plot(
            minutes, [s.descriptors for s in footprint.samples], lw=1, label=footprint.name
        )
    _finish(memory, load, "resident memory, MiB")
    _finish(descriptors, load, "open file descriptors")
    memory.set_title(title, fontsize=10)
    descriptors.set_xlabel("minutes")
    figure.legend(loc="outside lower center", ncols=len(footprints), frameon=False)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path)


def _finish(axes: Axes, load: LoadTime, label: str) -> None:
    axes.axvspan(load.begin / 60, load.end / 60, color="0.94", lw=0)
    axes.set_ylabel(label)
    axes.set_ylim(bottom=0)
    axes.grid(alpha=0.3)
