"""Where commands write, and how what went wrong becomes lines and an exit code."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Coroutine
from typing import Any

import aiohttp
import typer
from rich.console import Console

from shop.client.answers import ProblemError

FAILED, MISUSED = 1, 2
"""Exit codes: it did not work out; what was asked makes no sense."""

WIDE = 240
"""Columns where there is no terminal to fit a table into."""


def out() -> Console:
    """Standard output; what came from a shop is printed as it is, never read as markup."""
    width = None if sys.stdout.isatty() else WIDE
    return Console(highlight=False, markup=False, soft_wrap=True, width=width)


def err() -> Console:
    """Standard error."""
    return Console(stderr=True, highlight=False, markup=False, soft_wrap=True)


def run(work: Coroutine[Any, Any, int], url: str) -> None:
    """Do a command's work, and exit with the code that it returns or that its error means."""
    raise typer.Exit(_exit_code(work, url))


def _exit_code(work: Coroutine[Any, Any, int], url: str) -> int:
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
