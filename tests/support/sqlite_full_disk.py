"""A process whose disk is full for a while: its files may not grow past a limit.

`python -m tests.support.sqlite_full_disk FILE` prints the outcome of every call.
"""

from __future__ import annotations

import asyncio
import contextlib
import resource
import sys
from collections.abc import Awaitable, Iterator
from pathlib import Path

import structlog

from shared.store.sqlite.store import open_sqlite_store
from tests.contract.orders import TODAY, orders_of

MODULE = "tests.support.sqlite_full_disk"


async def report(when: str, *calls: Awaitable[object]) -> None:
    for outcome in await asyncio.gather(*calls, return_exceptions=True):
        print(f"{when}: {type(outcome).__name__}")  # noqa: T201 - its one purpose


@contextlib.contextmanager
def no_file_larger_than(size: int) -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


async def main(path: Path) -> None:
    new_order = orders_of("main")
    async with open_sqlite_store(path, "main") as store:
        await report("before", store.place(new_order(), TODAY))
        log_size = path.with_name(f"{path.name}-wal").stat().st_size
        with no_file_larger_than(log_size + 100):
            await report("alone", store.place(new_order(), TODAY))
            await report("together", *(store.place(new_order(), TODAY) for _ in range(5)))
            await report("check", store.check())
        await report("after", store.place(new_order(), TODAY))
        recorded = (await store.page(None, 10, None)).orders
    print(f"recorded: {len(recorded)}")  # noqa: T201 - its one purpose


if __name__ == "__main__":
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    asyncio.run(main(Path(sys.argv[1])))
