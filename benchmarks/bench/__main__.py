"""`python -m benchmarks.bench`: every benchmark, one after the other, each in its own process."""

from __future__ import annotations

import itertools
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from benchmarks.bench.readme import readme_lines
from benchmarks.machine import described
from benchmarks.page import write_part
from benchmarks.section import Bound, Section, bounds_table

SECTIONS = (
    "engine",
    "cashier",
    "barista",
    "end_to_end",
    "workers",
    "notifier",
    "idle",
    "dollars",
    "start",
)
CHECKED = ("engine", "cashier", "barista", "notifier", "dollars")
"""Those whose counts and ratios a short run shows."""

_COMMAND = "make bench"


def main(
    *,
    only: Annotated[list[str] | None, typer.Option(help="Only these: engine, cashier, …")] = None,
    page: Annotated[Path | None, typer.Option(help="Write the figures into this page.")] = None,
    readme: Annotated[Path | None, typer.Option(help="And the first of them into this.")] = None,
    check: Annotated[bool, typer.Option(help="A short run, judged by counts and ratios.")] = False,
) -> None:
    """Measure the shop, its peers and the floor, and compare what is bound with its limit.

    Exits with 1 when a figure does not keep to its limit.
    """
    console = Console(highlight=False)
    names = only or (CHECKED if check else SECTIONS)
    found: list[Section] = []
    with tempfile.TemporaryDirectory() as folder:
        for name in names:
            found.append(_measured(name, Path(folder), short=check))
            if page is not None:  # at once: all of them take half an hour
                write_part(page, name, _COMMAND, found[-1].markdown())
    bounds = list(itertools.chain.from_iterable(section.bounds for section in found))
    if page is not None and not only:
        _summarize(page, bounds)
    if readme is not None and not only:
        write_part(readme, "figures", _COMMAND, readme_lines(bounds))
    missed = [each for each in bounds if not (each.passes if check else each.met)]
    for bound in missed:
        console.print(f"Not met: {bound.what}: {bound.figure:.3g}, limit {bound.limit:g}")
    kept = "are met, or no worse than was reached" if check else "are met"
    console.print(f"{len(bounds) - len(missed)} of {len(bounds)} bounds {kept}.")
    sys.exit(bool(missed))


def _measured(name: str, folder: Path, *, short: bool) -> Section:
    out = folder / f"{name}.json"
    command = [sys.executable, "-m", f"benchmarks.{name}", "--out", str(out)]
    subprocess.run([*command, *(["--short"] if short else [])], check=False)  # noqa: S603
    if not out.exists():
        sys.exit(f"benchmarks.{name} has not measured anything")
    return Section.load(out)


def _summarize(page: Path, bounds: Sequence[Bound]) -> None:
    text = f"On {described()}; `{_COMMAND}`.\n\n{bounds_table(bounds)}"
    write_part(page, "summary", _COMMAND, f"## Bounds\n\n{text}")


if __name__ == "__main__":
    typer.run(main)
