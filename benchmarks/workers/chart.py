"""Draws throughput by the number of baristas, and the cost of an order by what waits, as a PNG."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from benchmarks.workers.run import Waiting


def draw(
    rates: Mapping[str, Mapping[int, float]], waiting: Mapping[int, Waiting], path: Path
) -> None:
    """Write the chart; `rates` are by what was measured and by the number of baristas."""
    figure = Figure(figsize=(10, 3.4), dpi=100, layout="constrained")
    *places, cost = figure.subplots(1, len(rates) + 1)
    for axes, (name, by_number) in zip(places, rates.items(), strict=True):
        _draw_rates(axes, name, by_number)
    _draw_cost(cost, waiting)
    for axes in (*places, cost):
        axes.set_ylim(bottom=0)
        axes.set_axisbelow(True)
        axes.grid(alpha=0.3)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path)


def _draw_rates(axes: Axes, name: str, rates: Mapping[int, float]) -> None:
    numbers = [*rates]
    axes.plot(numbers, [*rates.values()], "o-", label="measured")
    axes.plot(numbers, [number * rates[1] for number in numbers], ":", color="0.3", label="linear")
    axes.set_title(name, fontsize=10)
    axes.set_xticks(numbers)
    axes.set_xlabel("baristas")
    axes.set_ylabel("orders a second")
    axes.legend(frameon=False, fontsize=8)


def _draw_cost(axes: Axes, waiting: Mapping[int, Waiting]) -> None:
    labels = [f"{number:,}" for number in waiting]
    below = [0.0] * len(labels)
    for process in ("counter", "barista", "emulator"):
        spent = [each.loaded.cpu_ms[process] for each in waiting.values()]
        axes.bar(labels, spent, 0.5, bottom=below, label=process)
        below = [one + ms for one, ms in zip(below, spent, strict=True)]
    axes.set_title("one barista", fontsize=10)
    axes.set_xlabel("orders that wait")
    axes.set_ylabel("CPU time of an order, ms")
    axes.set_ylim(top=1.2 * max(below))  # the legend is above the bars
    axes.legend(
        frameon=False, fontsize=8, ncols=3, loc="upper center", columnspacing=0.8, handlelength=1.2
    )
