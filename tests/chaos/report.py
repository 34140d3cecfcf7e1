"""The results of the runs as a table: at the end of pytest's output, and in build/chaos.md."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest

PROPERTY = "chaos"
TABLE = Path("build/chaos.md")
_HEAD = (
    "fault",
    "runs",
    "orders",
    "kills",
    "lost",
    "duplicate orders",
    "duplicate deliveries",
    "recovery",
)


@dataclass(frozen=True, slots=True)
class Row:
    """The results of one run; none where not measured.

    `recovery` is in seconds, and 0 where there is nothing to recover.
    """

    fault: str
    seed: int
    orders: int
    kills: int = 0
    lost: int | None = None
    duplicate_orders: int | None = None
    duplicate_deliveries: int | None = None
    recovery: float = 0

    def beyond(self, earlier: Row | None) -> Row:
        """Subtract the results of an earlier run in the same shop."""
        if earlier is None:
            return self
        return replace(
            self,
            orders=self.orders - earlier.orders,
            kills=self.kills - earlier.kills,
            lost=_beyond(self.lost, earlier.lost),
            duplicate_orders=_beyond(self.duplicate_orders, earlier.duplicate_orders),
            duplicate_deliveries=_beyond(self.duplicate_deliveries, earlier.duplicate_deliveries),
        )


def _beyond(count: int | None, earlier: int | None) -> int | None:
    return None if count is None or earlier is None else count - earlier


def table(rows: Iterable[Row]) -> Iterator[str]:
    """Write rows as a table in Markdown, one line per fault."""
    yield _line(_HEAD)
    yield _line("---" for _ in _HEAD)
    for fault, runs in groupby(sorted(rows, key=lambda row: row.fault), lambda row: row.fault):
        yield _line(_summed(fault, list(runs)))


def _summed(fault: str, runs: Sequence[Row]) -> Iterator[str]:
    yield fault
    yield str(len(runs))
    yield str(sum(run.orders for run in runs))
    yield str(sum(run.kills for run in runs))
    yield _sum(run.lost for run in runs)
    yield _sum(run.duplicate_orders for run in runs)
    yield _sum(run.duplicate_deliveries for run in runs)
    slowest = max(run.recovery for run in runs)
    yield f"{slowest:.1f} s" if slowest else ""


def _sum(counts: Iterable[int | None]) -> str:
    measured = [count for count in counts if count is not None]
    return str(sum(measured)) if measured else "-"


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def recorded(row: Row) -> tuple[str, Any]:
    """Make a row a property of a test, which pytest passes between its processes."""
    return PROPERTY, asdict(row)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Show the table, and write it."""
    rows = [
        Row(**value)
        for reports in terminalreporter.stats.values()
        for report in reports
        for name, value in getattr(report, "user_properties", ())
        if name == PROPERTY and report.when == "call"
    ]
    if rows:
        lines = list(table(rows))
        TABLE.parent.mkdir(exist_ok=True)
        TABLE.write_text("\n".join(lines) + "\n")
        terminalreporter.section("chaos")
        for line in lines:
            terminalreporter.write_line(line)
        (seed, *_) = {row.seed for row in rows}
        terminalreporter.write_line(f"COFFEE_CHAOS_SEED={seed} repeats this run")
