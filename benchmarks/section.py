"""A part of docs/performance.md: what one benchmark found, and which figures are bound."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any, TypeAlias

import typer
from rich.console import Console
from rich.markdown import Markdown


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """A figure, and its limit: the most it may be, or `at_least` so much.

    `make bench-check` judges it by what was `reached`, where the limit is not, so that it gets no
    worse; an `absolute` one depends on the machine, and is shown there and not judged.
    """

    what: str
    figure: float
    limit: float
    unit: str = ""
    at_least: bool = False
    absolute: bool = False
    reached: float | None = None

    @property
    def met(self) -> bool:
        """Whether the figure keeps to its limit."""
        return self._keeps_to(self.limit)

    @property
    def passes(self) -> bool:
        """Whether a short run is content with it."""
        return self.absolute or self.met or self._keeps_to(self.reached or self.limit)

    def _keeps_to(self, limit: float) -> bool:
        return self.figure >= limit if self.at_least else self.figure <= limit


@dataclass(frozen=True, slots=True)
class Section:
    """What a benchmark found: its `name` in the page, a title, Markdown, and what is bound."""

    name: str
    title: str
    text: str
    bounds: Sequence[Bound] = ()

    def markdown(self) -> str:
        """Write the part, in Markdown, bounds at its end."""
        table = f"\n\n{bounds_table(self.bounds)}" if self.bounds else ""
        return f"## {self.title}\n\n{self.text.strip()}{table}"

    def save(self, path: Path) -> None:
        """Write it as JSON."""
        path.write_text(json.dumps(asdict(self)))

    @classmethod
    def load(cls, path: Path) -> Section:
        """Read what `save` wrote."""
        return cls.parsed(json.loads(path.read_text()))

    @classmethod
    def parsed(cls, read: Mapping[str, Any]) -> Section:
        """Make it of the JSON that `save` wrote."""
        return cls(**{**read, "bounds": [Bound(**bound) for bound in read["bounds"]]})


Measure: TypeAlias = Callable[[bool, Callable[[str], None]], Coroutine[Any, Any, Section]]
"""Measures, shortly or at length, and tells what it is doing."""


def bounds_table(bounds: Sequence[Bound]) -> str:
    """List figures beside their limits."""
    rows = [
        f"| {bound.what} | {_shown(bound.figure)} {bound.unit} |"
        f" {'≥' if bound.at_least else '≤'} {_shown(bound.limit)} {bound.unit} |"
        f" {'yes' if bound.met else '**no**'} |"
        for bound in bounds
    ]
    return "\n".join(["| what | measured | bound | met |", "| --- | --- | --- | --- |", *rows])


def _shown(figure: float) -> str:
    return f"{figure:,.0f}" if abs(figure) >= 100 else f"{figure:.3g}"  # noqa: PLR2004


def command(measure: Measure, doc: str) -> None:
    """Run one benchmark from the command line, with `doc` as its help."""

    def main(
        *,
        short: Annotated[bool, typer.Option(help="Measure less, for counts and ratios.")] = False,
        out: Annotated[Path | None, typer.Option(help="Write what was found, as JSON.")] = None,
    ) -> None:
        console = Console(highlight=False)
        with console.status("starting") as status:
            found = asyncio.run(measure(short, status.update))
        console.print(Markdown(found.markdown()))
        if out is not None:
            found.save(out)
        sys.exit(any(not (each.passes if short else each.met) for each in found.bounds))

    main.__doc__ = doc
    typer.run(main)
