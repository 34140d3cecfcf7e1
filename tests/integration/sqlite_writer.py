"""A process that places orders in a file, and tells of each once it is acknowledged.

`python -m tests.integration.sqlite_writer FILE NAME COUNT` prints `<order id> <number>` for each.
"""

from __future__ import annotations

import asyncio
import sys
from dataclasses import replace
from pathlib import Path

from shared.store.contract import Store
from shared.store.sqlite import open_sqlite_store
from tests.contract.orders import TODAY, NewOrder, orders_of

MODULE = "tests.integration.sqlite_writer"
CUSTOMERS = 8


async def place(store: Store, new_order: NewOrder, count: int) -> None:
    for _ in range(count):
        placement = await store.place(replace(new_order(), store_id="main"), TODAY)
        print(placement.order.id, placement.order.number, flush=True)  # noqa: T201 - its one purpose


async def main(path: Path, name: str, count: int) -> None:
    new_order = orders_of(name)
    async with open_sqlite_store(path, "main") as store, asyncio.TaskGroup() as customers:
        for _ in range(CUSTOMERS):
            customers.create_task(place(store, new_order, count // CUSTOMERS))


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])))
