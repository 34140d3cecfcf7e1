"""The part about photos in docs/performance.md."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from statistics import median

from benchmarks.machine import described
from benchmarks.page import write_part
from benchmarks.photos.run import AT_ONCE, Photos, middle, p95


def section(found: Photos) -> str:
    """Write the part, in Markdown."""
    quiet, busy = (p95(orders) * 1000 for orders in (found.orders_quiet, found.orders_busy))
    return f"""## Photos

`make photos`, on {described()}. JPEGs of {found.size / 1e6:.1f} MB (12 megapixels) are uploaded
to a shop of `make run` with one photo worker. Each is measured from asking for the form until
`GET /menu` shows it. Medians of {len(found.in_turn)} runs:

| uploads | photos a run | median | p95 | longest of all |
| --- | --- | --- | --- | --- |
{_row("one after the other", found.in_turn)}
{_row(f"{AT_ONCE} at once", found.at_once)}

The worker and its renderer took {found.memory / 1e6:.0f} MB at most. Placing an order took
{busy:.0f} ms at p95 while {AT_ONCE} photos were uploaded at once, and {quiet:.0f} ms without."""


def write(found: Photos, path: Path) -> None:
    """Put the part into the page, in place of the one before."""
    write_part(path, "photos", "make photos", section(found))


def _row(what: str, runs: Sequence[Sequence[float]]) -> str:
    cells = (middle(runs, median), middle(runs, p95), max(map(max, runs)))
    seconds = " | ".join(f"{cell:.2f} s" for cell in cells)
    return f"| {what} | {len(runs[0])} | {seconds} |"
