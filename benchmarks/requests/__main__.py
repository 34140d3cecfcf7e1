"""`python -m benchmarks.requests`: the most expensive anonymous request of each operation."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from yarl import URL

from benchmarks.requests.cost import Cost, anonymous, costs
from notifier.app import NOTIFIER_OPERATIONS
from producer.app import CASHIER_OPERATIONS
from shared.web.health import HEALTH_OPERATIONS
from shared.web.operation import Operation
from shared.web.pages.documentation import docs_operations
from tests.support.shop import open_shop

OPERATIONS: Sequence[Operation] = (
    *(*CASHIER_OPERATIONS, *NOTIFIER_OPERATIONS),
    *(*HEALTH_OPERATIONS, *docs_operations()),
)
UNLIMITED: Mapping[str, Any] = {
    "COFFEE_ORDERS_PER_MINUTE": "0",
    "COFFEE_SUBSCRIPTIONS_PER_MINUTE": "0",
    "COFFEE_REQUESTS_PER_SECOND": "0",
    "COFFEE_BACKLOG_LIMIT": "1000000",
    "COFFEE_BREW_SPEED": "0",
    "COFFEE_LOG_LEVEL": "INFO",
}


def main(
    repeats: Annotated[int, typer.Option(help="Requests of each kind, in each of 2 rounds.")] = 5,
    limit: Annotated[float, typer.Option(help="Milliseconds that none may take; 0: any.")] = 0,
    only: Annotated[str, typer.Option(help="Only operations whose path begins so.")] = "",
    shown: Annotated[int, typer.Option(help="How many variants of each to list.")] = 1,
) -> None:
    """Send every operation all sorts of requests, and measure the server's CPU time for each."""
    console = Console(highlight=False)
    with console.status("trying every operation"):
        measured = asyncio.run(measure(repeats, only))
    table = Table("Operation", "Most expensive", "ms", "Status", box=None)
    for found in sorted(measured, key=lambda found: -found[0].milliseconds):
        for cost in found[:shown]:
            ms = f"{cost.milliseconds:.1f}"
            table.add_row(cost.operation, cost.variant.name, ms, cost.status)
    console.print(table)
    worst = max(found[0].milliseconds for found in measured)
    raise typer.Exit(1 if limit and worst > limit else 0)


async def measure(repeats: int, only: str = "") -> list[list[Cost]]:
    """Open a shop without limits per client, and measure what its counter spends."""
    operations = [each for each in anonymous(OPERATIONS) if each.path.startswith(only)]
    with tempfile.TemporaryDirectory() as folder:
        async with open_shop(Path(folder) / "shop", **UNLIMITED) as shop:
            counter = shop.children("shop.processes.counter")[0]
            return await costs(URL(shop.url), counter.pid, operations, repeats)


if __name__ == "__main__":
    typer.run(main)
