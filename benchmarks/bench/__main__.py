"""`python -m benchmarks.bench`: every benchmark, one after the other, each in its own process."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.console import Console

from benchmarks.bench.kept import KEPT, KeptPart, bounds_of, kept_parts, part_path, summary
from benchmarks.bench.provenance import Provenance, provenance
from benchmarks.bench.readme import readme_lines
from benchmarks.page import write_part
from benchmarks.section import Bound, Section

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
    names = only or (CHECKED if check else SECTIONS)
    found, failed = _measure_all(names, page, short=check)
    if page is not None and readme is not None:
        _summarize(page, readme)
    bounds = [bound for each in found for bound in each.bounds]
    _report(Console(highlight=False), bounds, failed, check=check)


def _measure_all(
    names: Sequence[str], page: Path | None, *, short: bool
) -> tuple[Sequence[Section], Sequence[str]]:
    """Run benchmarks; return what was found, and the names of those that failed."""
    found, failed = [], []
    for name in names:
        measured = provenance()
        section = _measured(name, short=short)
        if section is None:  # the others are worth having
            failed.append(name)
        else:
            found.append(section)
        if page is not None:  # at once: all of them take half an hour
            _keep(name, section, measured, page)
    return found, failed


def _keep(name: str, section: Section | None, measured: Provenance, page: Path) -> None:
    """Keep a part for the summary, and write it into the page; of one that failed keep nothing."""
    kept = part_path(KEPT, name)
    if section is None:
        kept.unlink(missing_ok=True)
        return
    KeptPart(section, measured).save(kept)
    write_part(page, name, _COMMAND, section.markdown())


def _measured(name: str, *, short: bool) -> Section | None:
    """Run a benchmark; return None if it fails."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder, f"{name}.json")
        command = [sys.executable, "-m", f"benchmarks.{name}", "--out", str(out)]
        subprocess.run([*command, *(["--short"] if short else [])], check=False)  # noqa: S603
        return Section.load(out) if out.exists() else None


def _summarize(page: Path, readme: Path) -> None:
    """Write the summary, and the README's lines, once every part was measured."""
    parts = kept_parts(KEPT, SECTIONS)
    if parts is None:
        return
    write_part(page, "summary", _COMMAND, summary(parts, _COMMAND))
    write_part(readme, "figures", _COMMAND, readme_lines(bounds_of(parts)))


def _report(
    console: Console, bounds: Sequence[Bound], failed: Sequence[str], *, check: bool
) -> NoReturn:
    missed = [each for each in bounds if not (each.passes if check else each.met)]
    for bound in missed:
        console.print(f"Not met: {bound.what}: {bound.figure:.3g}, limit {bound.limit:g}")
    for name in failed:
        console.print(f"Failed: {name}; make bench ONLY={name} measures it again")
    kept = "are met, or no worse than was reached" if check else "are met"
    console.print(f"{len(bounds) - len(missed)} of {len(bounds)} bounds {kept}.")
    sys.exit(bool(missed or failed))


if __name__ == "__main__":
    typer.run(main)
