"""`python -m benchmarks.start`: seconds from `make run` to the first order that is accepted."""

from __future__ import annotations

import statistics
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks.section import Bound, Section, command
from benchmarks.start.run import Start, start

MOST_SECONDS = 2.5
STARTS, SHORT_STARTS = 9, 3


async def measure(short: bool, tell: Callable[[str], None]) -> Section:  # noqa: FBT001 - as `Measure` says
    """Start shops as `make run` does, new ones and one that has been open, and order at once."""
    new, again = [], []
    with tempfile.TemporaryDirectory(prefix="start-") as folder:
        tell("start: the first, which caches files")
        await start(Path(folder, "kept"))
        for number in range(1, 1 + (SHORT_STARTS if short else STARTS)):
            tell(f"start: {number}, of a new shop, and of one that has been open")
            new.append(await start(Path(folder, f"new-{number}")))
            again.append(await start(Path(folder, "kept")))
    return section(new, again)


def section(new: Sequence[Start], again: Sequence[Start]) -> Section:
    """Write down what was measured."""
    return Section(
        "start",
        "Start",
        f"{_INTRODUCTION}\n\n{_table(new, again)}\n\n{_EVENTS}\n\n{_events_table(new, again)}",
        [
            _bound("first order of a new shop", new),
            _bound("first order of a shop opened again", again),
        ],
    )


_INTRODUCTION = """\
From the command `make run`, in an environment that is made and with its files cached, until the
first order is answered with 201: an order is placed as soon as the port answers, and again at once
if it is refused. A new shop has an empty folder; the other one has been open before. Medians, and
the least and the most:"""

_EVENTS = """\
When what its log tells of has happened, in seconds from the command, medians:"""


def _bound(what: str, starts: Sequence[Start]) -> Bound:
    return Bound(
        what=what,
        figure=statistics.median(each.first_order for each in starts),
        limit=MOST_SECONDS,
        unit="s",
        absolute=True,
    )


def _table(new: Sequence[Start], again: Sequence[Start]) -> str:
    figures: Sequence[tuple[str, Callable[[Start], float]]] = (
        ("first order, s", lambda each: each.first_order),
        ("it says that it is open, s", lambda each: each.opened),
        ("CPU time of its processes until then, s", lambda each: each.cpu_seconds),
        ("answers before that were refusals", lambda each: each.refused),
    )
    rows = [
        f"| {what} | {_spread(list(map(of, new)))} | {_spread(list(map(of, again)))} |"
        for what, of in figures
    ]
    head = f"| {len(new)} starts each | a new shop | one that has been open |"
    return "\n".join([head, "| --- | --- | --- |", *rows])


def _spread(figures: Sequence[float]) -> str:
    return f"**{statistics.median(figures):.2f}** ({min(figures):.2f}-{max(figures):.2f})"


def _events_table(new: Sequence[Start], again: Sequence[Start]) -> str:
    names = sorted(new[0].events, key=lambda name: _median_event(new, name))
    rows = [
        f"| {name} | {_median_event(new, name):.2f} | {_median_event(again, name):.2f} |"
        for name in names
    ]
    return "\n".join(
        ["| event | a new shop | one that has been open |", "| --- | --- | --- |", *rows]
    )


def _median_event(starts: Sequence[Start], name: str) -> float:
    return statistics.median(each.events[name] for each in starts)


if __name__ == "__main__":
    command(measure, measure.__doc__ or "")
