"""A process that places orders in a file, and prints each once it is acknowledged.

`python -m tests.support.sqlite_writer FILE NAME COUNT` prints `<order id> <number>` for each.
"""

from __future__ import annotations

import asyncio
import itertools
import sys
from collections.abc import Iterator
from pathlib import Path

import structlog

from shared.store.contract import Store
from shared.store.sqlite.store import open_sqlite_store
from tests.support.orders import NOON, an_order

MODULE = "tests.support.sqlite_writer"
CUSTOMERS = 8


async def place(store: Store, ids: Iterator[str], count: int) -> None:
    for _ in range(count):
        placement = await store.place(an_order(next(ids)), NOON.date())
        print(placement.order.id, placement.order.number, flush=True)  # noqa: T201 - its one purpose


async def main(path: Path, name: str, count: int) -> None:
    ids = (f"{name}-order-{number}" for number in itertools.count(1))
    async with open_sqlite_store(path, "main") as store, asyncio.TaskGroup() as customers:
        for _ in range(CUSTOMERS):
            customers.create_task(place(store, ids, count // CUSTOMERS))


if __name__ == "__main__":
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])))
