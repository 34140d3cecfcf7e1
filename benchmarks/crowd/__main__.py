"""`python -m benchmarks.crowd`: five hundred browsers open a shop at once, and others order."""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from benchmarks.crowd.orders import PER_SECOND, Placed, place_orders
from benchmarks.crowd.visitors import Crowd
from benchmarks.machine import described
from tests.support.shop import open_shop

CALM_SECONDS = 8.0
_ARRIVAL_SECONDS = 60.0
MOST_SECONDS = 0.5
"""What an order may take at the 95th percentile."""

_PAGES = ("/", "/board")


@dataclass(frozen=True, slots=True)
class Measured:
    """Orders before the crowd came, while its pages loaded, and while its streams were open."""

    calm: Sequence[Placed]
    arriving: Sequence[Placed]
    following: Sequence[Placed]
    crowd: Crowd
    arrival_seconds: float


def main(
    browsers: Annotated[int, typer.Option(min=1, max=1200, help="How many.")] = 500,
    seconds: Annotated[float, typer.Option(min=1, help="How long they stay.")] = 20,
) -> None:
    """Open pages with empty caches all at once, and keep their streams open while others order.

    Exits with 0 when others ordered with a 95th percentile below half a second all the time.
    """
    console = Console(highlight=False)
    with console.status("they come"):
        measured = asyncio.run(measure(browsers, seconds))
    table = Table("", "Orders", "p50", "p95", "Longest", box=None)
    phases = {
        "before": measured.calm,
        f"while {browsers} pages load": measured.arriving,
        f"with {browsers} streams": measured.following,
    }
    for name, placed in phases.items():
        times = [one.seconds for one in placed]
        table.add_row(name, str(len(times)), *map(_ms, (median(times), p95(times), max(times))))
    console.print(table)
    crowd = measured.crowd
    console.print(
        f"{crowd.requests} requests, {crowd.received / 2**20:.0f} MiB; all pages were open after"
        f" {measured.arrival_seconds:.1f} s; {PER_SECOND} orders/s; {described()}"
    )
    worst = max(p95([one.seconds for one in placed]) for placed in phases.values())
    raise typer.Exit(0 if worst < MOST_SECONDS else 1)


def p95(seconds: Sequence[float]) -> float:
    """Return the 95th percentile."""
    return quantiles(seconds, n=20, method="inclusive")[-1]


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms"


async def measure(browsers: int, seconds: float) -> Measured:
    """Open a shop, and let a crowd come while somebody orders."""
    limits: dict[str, Any] = {
        "COFFEE_MAX_STREAMS_PER_CLIENT": "2000",
        "COFFEE_MAX_STREAMS": str(browsers * 9),  # one client gets an eighth of those that are free
        "COFFEE_MAX_CONNECTIONS_PER_CLIENT": "5000",
        "COFFEE_REQUESTS_PER_SECOND": "0",
        "COFFEE_BREW_SPEED": "0",
    }
    loop = asyncio.get_running_loop()
    with tempfile.TemporaryDirectory() as folder, ProcessPoolExecutor(1) as pool:
        async with open_shop(Path(folder) / "var", **limits) as shop:
            length = CALM_SECONDS + _ARRIVAL_SECONDS / 2 + seconds
            ordering = loop.run_in_executor(pool, place_orders, shop.url, shop.staff_key, length)
            await asyncio.sleep(CALM_SECONDS)
            crowd, came = Crowd(shop.url, _PAGES), time.monotonic()
            async with asyncio.TaskGroup() as group:
                visits = [group.create_task(crowd.visit(n, browsers)) for n in range(browsers)]
                async with asyncio.timeout(_ARRIVAL_SECONDS):
                    await crowd.everyone.wait()
                opened = time.monotonic()
                placed = await ordering
                for visit in visits:
                    visit.cancel()
    return Measured(
        calm=[one for one in placed if one.at < came],
        arriving=[one for one in placed if came <= one.at < opened],
        following=[one for one in placed if one.at >= opened],
        crowd=crowd,
        arrival_seconds=opened - came,
    )


if __name__ == "__main__":
    typer.run(main)
