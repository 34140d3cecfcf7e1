"""Tables that fit a narrow terminal: what must not be cut stands on a line, the rest below it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from shared.domain.visible_text import visible

_GAP = "  "
_INDENT = 4


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of a table, and what is said below it, indented."""

    cells: Sequence[str]
    details: Sequence[str] = ()


def listing(heads: Sequence[str], entries: Sequence[Entry]) -> RenderableType:
    """Lay entries out below their heads; the last column may be of any width."""
    lines = [tuple(map(visible, cells)) for cells in (heads, *(entry.cells for entry in entries))]
    widths = [max(map(cell_len, column)) for column in zip(*lines, strict=True)]
    head, *rest = (_line(cells, widths) for cells in lines)
    head.stylize("bold")
    blocks = (_block(line, entry) for line, entry in zip(rest, entries, strict=True))
    return Group(head, *(part for block in blocks for part in block))


def fields(values: Mapping[str, str]) -> Table:
    """Make a table of names and values."""
    table = Table(box=None, show_header=False)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in values.items():
        table.add_row(Text(name), Text(visible(value)))
    return table


def numbers(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> Table:
    """Make a table whose first column holds words, and all others numbers, which stay whole."""
    first, *others = heads
    table = Table(box=None)
    table.add_column(first, overflow="fold")
    for head in others:
        table.add_column(head, justify="right", no_wrap=True)
    for row in rows:
        table.add_row(*map(Text, row))
    return table


def local(timestamp: str | None) -> str:
    """Show a point in time (RFC 3339) in this machine's time zone, which `zone` names."""
    if timestamp is None:
        return "-"
    at = dt.datetime.fromisoformat(timestamp).astimezone()
    this_year = at.year == dt.datetime.now(at.tzinfo).year
    return f"{at:%d %b %H:%M}" if this_year else f"{at:%Y-%m-%d}"


def zone() -> str:
    """Name this machine's time zone, as in CET."""
    return dt.datetime.now().astimezone().tzname() or "local time"


def _line(cells: Sequence[str], widths: Sequence[int]) -> Text:
    *some, last = cells
    padded = (
        cell + " " * (width - cell_len(cell)) for cell, width in zip(some, widths, strict=False)
    )
    return Text(_GAP.join((*padded, last)).rstrip(), overflow="fold")


def _block(line: Text, entry: Entry) -> Iterator[RenderableType]:
    yield line
    for detail in entry.details:
        yield Padding(Text(visible(detail), overflow="fold"), (0, 0, 0, _INDENT), expand=False)
