"""Where commands write, and how errors become lines and an exit code."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import json
import sys
from collections.abc import Callable, Coroutine, Iterable, Iterator, Mapping, Sequence
from typing import Any, ParamSpec

import aiohttp
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from shop.client.answers import ProblemError

P = ParamSpec("P")

FAILED, MISUSED = 1, 2
"""Exit codes: it did not succeed; the request makes no sense."""

WIDE = 240
"""Columns where there is no terminal to fit a table into."""


def out() -> Console:
    """Standard output; what came from a shop is printed as it is, never read as markup."""
    width = None if sys.stdout.isatty() else WIDE
    return Console(highlight=False, markup=False, soft_wrap=True, width=width)


def err() -> Console:
    """Standard error."""
    return Console(stderr=True, highlight=False, markup=False, soft_wrap=True)


def print_json(value: object) -> None:
    """Print a value as JSON, for machines."""
    typer.echo(json.dumps(value, indent=2, ensure_ascii=False))


def rows(table: Table, cells: Iterable[Sequence[str]]) -> Table:
    """Add rows of plain text to a table."""
    for row in cells:
        table.add_row(*map(Text, row))
    return table


def fields(values: Mapping[str, str]) -> Table:
    """Make a table of names and values."""
    return rows(Table(box=None, show_header=False), values.items())


def print_listed(table: Table, total: int) -> None:
    """Print a list of dead letters, which may be the first of more."""
    out().print(table if table.row_count else "No dead letters.")
    if total > table.row_count:
        out().print(f"{table.row_count} of {total}")


def bars(console: Console | None = None) -> Progress:
    """Make progress bars, on standard error by default; they need a terminal to be shown."""
    console = console or err()
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
        disable=not console.is_terminal,
    )


@contextlib.contextmanager
def redrive_bar(total: int | None = None) -> Iterator[Callable[..., None]]:
    """Show a bar of what was redriven; give the function that moves it to `completed`."""
    with bars() as progress:
        bar = progress.add_task("redriven", total=total)
        yield functools.partial(progress.update, bar)


def retry_notice(reason: str, seconds: float) -> str:
    """Describe the pause before another attempt."""
    return f"{reason}; trying again in {seconds:.1f} s"


def command(work: Callable[P, Coroutine[Any, Any, int]]) -> Callable[P, None]:
    """Make a command of a coroutine function with a parameter `url`.

    It exits with the code that the coroutine returns, or that its error means.
    """

    @functools.wraps(work)
    def run(*args: P.args, **options: P.kwargs) -> None:
        raise typer.Exit(run_at(str(options["url"]), work(*args, **options)))

    return run


def run_at(url: str, work: Coroutine[Any, Any, int]) -> int:
    """Run a command's work at a shop; return its exit code."""
    try:
        return asyncio.run(work)
    except ProblemError as error:
        err().print("\n".join(error.lines))
        return MISUSED if error.is_ours else FAILED
    except aiohttp.InvalidURL:
        err().print(f"{url!r} is not the address of a shop; one looks like http://127.0.0.1:8080")
        return MISUSED
    except TimeoutError:
        err().print(f"The shop at {url} does not answer in time.")
        return FAILED
    except aiohttp.ClientError:
        err().print(f"No shop answers at {url}; start one with `coffeeshop run`.")
        return FAILED
