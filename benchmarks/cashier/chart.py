"""Draws what an order costs, and how long it takes, beside the bare handler, as a PNG."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from benchmarks.cashier.run import SHARES, Found, median_cpu

COLORS = {"cashier": "tab:blue", "bare handler": "tab:orange"}
_STYLES = dict(zip(SHARES, ("-", "--"), strict=True))


def draw(found: Mapping[str, Found], limit: float, title: str, path: Path) -> None:
    """Write the chart to `path`, whose folder is made if need be.

    `limit` is how many times the bare handler's CPU time an order may take.
    """
    figure = Figure(figsize=(9, 4), dpi=100, layout="constrained")
    figure.suptitle(title, fontsize=10)
    cpu, times = figure.subplots(1, 2)
    _draw_cpu(cpu, found, limit)
    for name, each in found.items():
        for share, rounds in each.below.items():
            took = sorted(time for one in rounds for time in one.times_ms)
            label = f"{name}, {share:.0%} of its peak"
            _draw_times(times, took, label, COLORS[name], _STYLES[share])
    times.set_xscale("log")
    times.set_xlabel("time of an order, ms")
    times.set_ylabel("share of orders")
    times.legend(frameon=False, fontsize=8, loc="lower right")
    for axes in (cpu, times):
        axes.set_ylim(bottom=0)
        axes.grid(alpha=0.3)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path)


def _draw_cpu(axes: Axes, found: Mapping[str, Found], limit: float) -> None:
    labels = [*(f"{share:.0%}" for share in SHARES), "peak"]
    bare = _cpu_times(found["bare handler"])
    for place, (name, each) in enumerate(found.items()):
        at = [number + 0.4 * place - 0.2 for number in range(len(labels))]
        axes.bar(at, _cpu_times(each), 0.38, color=COLORS[name], label=name)
    places = range(len(labels))
    left, right = ([place + aside for place in places] for aside in (-0.4, 0.4))
    most = [limit * time for time in bare]
    axes.hlines(most, left, right, "0.3", ls=":", label=f"{limit:g} times bare")
    axes.set_xticks(places, labels)
    axes.set_xlabel("load")
    axes.set_ylabel("CPU time of an order, ms")
    axes.legend(frameon=False, fontsize=8)


def _cpu_times(found: Found) -> Sequence[float]:
    return [*(median_cpu(rounds) for rounds in found.below.values()), found.cpu_ms]


def _draw_times(axes: Axes, took: Sequence[float], label: str, color: str, style: str) -> None:
    shares = [(place + 1) / len(took) for place in range(len(took))]
    axes.plot(took, shares, lw=1.4, color=color, ls=style, label=label)
