"""How much CPU time a server's process spends on a request."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from yarl import URL

from benchmarks.requests.variants import Variant, variants
from shared.web.operation import FOR_STAFF, Operation
from tests.support.web import connected

_SECONDS = 10


@dataclass(frozen=True, slots=True)
class Cost:
    """CPU time of one request in milliseconds, the best of several rounds; and its answer."""

    operation: str
    variant: Variant
    milliseconds: float
    status: str


def cpu_seconds(pid: int) -> float:
    """Read the CPU time that the threads of a process have had, in nanosecond steps (Linux)."""
    threads = Path(f"/proc/{pid}/task").iterdir()
    return sum(int((thread / "schedstat").read_text().split()[0]) for thread in threads) / 1e9


async def costs(
    url: URL, pid: int, operations: Iterable[Operation], repeats: int
) -> list[list[Cost]]:
    """Measure every variant of every operation; of each operation the most expensive is first."""
    measured = []
    for operation in operations:
        found = [
            await _cost(url, pid, f"{operation.method} {operation.path}", variant, repeats)
            for variant in variants(operation)
        ]
        measured.append(sorted(found, key=lambda cost: -cost.milliseconds))
    return measured


def anonymous(operations: Iterable[Operation]) -> Iterator[Operation]:
    """Give the operations that do not ask for the staff key, and one of those that do."""
    staff_shown: set[str] = set()
    for operation in operations:
        if operation.role not in FOR_STAFF:
            yield operation
        elif operation.method not in staff_shown:
            staff_shown.add(operation.method)
            yield operation


async def _cost(url: URL, pid: int, operation: str, variant: Variant, repeats: int) -> Cost:
    best, status = float("inf"), ""
    for _ in range(2):
        before = cpu_seconds(pid)
        for _ in range(repeats):
            status = await send(url, variant)
        best = min(best, (cpu_seconds(pid) - before) / repeats)
    return Cost(operation, variant, best * 1000, status)


async def send(url: URL, variant: Variant, source: str | None = None) -> str:
    """Send a request on a new connection, and read its whole answer; give the status."""
    async with connected(url, source) as (reader, writer), asyncio.timeout(_SECONDS):
        writer.write(variant.wire.replace(b"\r\n", b"\r\nConnection: close\r\n", 1))
        status = (await reader.readline())[9:12].decode()
        if not (variant.is_stream and status == "200"):
            await reader.read()
        return status
