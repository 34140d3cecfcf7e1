"""Draws the rates round by round, the CPU time of an order, and how long one takes, as a PNG."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from benchmarks.end_to_end.run import Loaded


def draw(
    rounds: Mapping[str, Sequence[Loaded]], below: Mapping[str, Loaded], title: str, path: Path
) -> None:
    """Write the chart; `rounds` are by the commit, `below` the loads below the peak."""
    figure = Figure(figsize=(10, 3.6), dpi=100, layout="constrained")
    figure.suptitle(title, fontsize=10)
    rates, cpu, times = figure.subplots(1, 3)
    for name, each in rounds.items():
        rates.plot(range(1, 1 + len(each)), [one.rate for one in each], "o-", label=name)
    rates.set_xlabel("round")
    rates.set_ylabel("orders a second")
    rates.set_xticks(range(1, 1 + max(map(len, rounds.values()))))
    rates.legend(frameon=False, fontsize=8)
    _draw_cpu(cpu, rounds)
    _draw_times(times, below)
    for axes in (rates, cpu, times):
        axes.set_ylim(bottom=0)
        axes.grid(alpha=0.3)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path)


def _draw_cpu(axes: Axes, rounds: Mapping[str, Sequence[Loaded]]) -> None:
    below = dict.fromkeys(rounds, 0.0)
    for process in next(iter(rounds.values()))[0].cpu_ms:
        spent = [median(one.cpu_ms[process] for one in each) for each in rounds.values()]
        axes.bar([*rounds], spent, 0.5, bottom=[*below.values()], label=process)
        below = {name: below[name] + ms for name, ms in zip(rounds, spent, strict=True)}
    axes.set_ylabel("CPU time of an order, ms")
    axes.legend(frameon=False, fontsize=8)


def _draw_times(axes: Axes, below: Mapping[str, Loaded]) -> None:
    for name, loaded in below.items():
        took = sorted(1000 * seconds for seconds in loaded.placed.to_ready)
        shares = [(place + 1) / len(took) for place in range(len(took))]
        axes.plot(took, shares, lw=1.4, label=name)
    axes.set_xscale("log")
    axes.set_xlabel("from the request to ready, ms")
    axes.set_ylabel("share of orders")
    axes.legend(frameon=False, fontsize=8, loc="lower right")
