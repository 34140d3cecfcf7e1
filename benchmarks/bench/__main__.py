"""`python -m benchmarks.bench`: every benchmark, one after the other, each in its own process."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, NoReturn

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
_KEPT = Path("build/bench")


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
    found, failed = [], []
    with _folder(temporary=page is None) as folder:
        for name in names:
            section = _measured(name, folder, short=check)
            if section is None:  # the others are worth having
                failed.append(name)
                continue
            found.append(section)
            if page is not None:  # at once: all of them take half an hour
                write_part(page, name, _COMMAND, section.markdown())
        if page is not None and readme is not None:
            _summarize(folder, page, readme)
    _report(console, [bound for each in found for bound in each.bounds], failed, check=check)


@contextlib.contextmanager
def _folder(*, temporary: bool) -> Iterator[Path]:
    """Give the folder of what was found; that of a whole run is kept, to be completed by ONLY."""
    if temporary:
        with tempfile.TemporaryDirectory() as folder:
            yield Path(folder)
    else:
        _KEPT.mkdir(parents=True, exist_ok=True)
        yield _KEPT


def _measured(name: str, folder: Path, *, short: bool) -> Section | None:
    """Run a benchmark; return None, with what was found before gone, if it fails."""
    out = folder / f"{name}.json"
    out.unlink(missing_ok=True)
    command = [sys.executable, "-m", f"benchmarks.{name}", "--out", str(out)]
    subprocess.run([*command, *(["--short"] if short else [])], check=False)  # noqa: S603
    return Section.load(out) if out.exists() else None


def _summarize(folder: Path, page: Path, readme: Path) -> None:
    """Write the summary, and the README's lines, once every part was measured."""
    files = [folder / f"{name}.json" for name in SECTIONS]
    if not all(file.exists() for file in files):
        return
    bounds = [bound for file in files for bound in Section.load(file).bounds]
    text = f"On {described()}; `{_COMMAND}`.\n\n{bounds_table(bounds)}"
    write_part(page, "summary", _COMMAND, f"## Bounds\n\n{text}")
    write_part(readme, "figures", _COMMAND, readme_lines(bounds))


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
