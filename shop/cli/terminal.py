"""Where commands write, and how errors become lines and an exit code.

Whatever is written goes through `visible`: much of it comes from a shop, and so from strangers.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import json
import sys
from collections.abc import Callable, Coroutine, Iterator, Sequence
from typing import Any, ParamSpec

import aiohttp
import typer
from rich.cells import cell_len
from rich.console import Console, RenderableType
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    TextColumn,
    TimeElapsedColumn,
)
from rich.text import Text

from shared.domain.visible_text import visible, visible_json
from shop.client.answers import ProblemError

P = ParamSpec("P")

FAILED, MISUSED, UNREACHABLE, INTERRUPTED = 1, 2, 3, 130
"""Exit codes: the shop refused, or it did not succeed; the request makes no sense; no shop
answers; Ctrl-C."""

_CONTINUED = " \\"

WIDE = 240
"""Columns where there is no terminal to fit a table into."""


def out() -> Console:
    """Standard output, without colours, markup or emoji codes."""
    width = None if sys.stdout.isatty() else WIDE
    return Console(highlight=False, markup=False, emoji=False, width=width)


def err() -> Console:
    """Standard error."""
    return Console(stderr=True, highlight=False, markup=False, emoji=False)


def say(*lines: str) -> None:
    """Write lines to standard output."""
    say_on(out(), *lines)


def complain(*lines: str) -> None:
    """Write lines to standard error."""
    say_on(err(), *lines)


def say_on(console: Console, *lines: str) -> None:
    """Write lines; a terminal's are broken between words, which may be addresses and stay whole."""
    for line in lines:
        text = Text(visible(line), overflow="ignore")
        console.print(text, soft_wrap=not console.is_terminal, crop=False)


def say_command(words: Sequence[str]) -> None:
    """Write a command for a shell; a terminal's is broken so that it can be pasted as it is."""
    console = out()
    say(*broken(words, console.width) if console.is_terminal else ["  " + " ".join(words)])


def broken(words: Sequence[str], width: int) -> list[str]:
    """Break a command into indented lines, each with a backslash but the last.

    A word is never broken, so that a line may be longer than `width`.
    """
    first, *rest = words
    lines = [f"  {first}"]
    for word in rest:
        longer = f"{lines[-1]} {word}"
        if cell_len(longer) + len(_CONTINUED) <= width:
            lines[-1] = longer
        else:
            lines[-1] += _CONTINUED
            lines.append(f"    {word}")
    return lines


def show(table: RenderableType) -> None:
    """Write a table that fits the terminal to standard output."""
    out().print(table)


def print_json(value: object) -> None:
    """Print a value as JSON, for machines."""
    typer.echo(visible_json(json.dumps(value, indent=2, ensure_ascii=False)))


def bars(console: Console | None = None, amount: ProgressColumn | None = None) -> Progress:
    """Make progress bars, on standard error by default; they need a terminal to be shown.

    `amount` shows how much is done, as a number by default.
    """
    console = console or err()
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        amount or MofNCompleteColumn(),
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
    except KeyboardInterrupt:
        return INTERRUPTED
    except ProblemError as error:
        complain(*error.lines)
        return MISUSED if error.is_ours else FAILED
    except aiohttp.InvalidURL:
        complain(f"{url!r} is not the address of a shop; one looks like http://127.0.0.1:8080")
        return MISUSED
    except TimeoutError:
        complain(f"The shop at {url} does not answer in time.")
        return UNREACHABLE
    except aiohttp.ClientError:
        complain(f"No shop answers at {url}; start one with `coffeeshop run`.")
        return UNREACHABLE
