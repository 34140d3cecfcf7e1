"""Order numbers, taken from the counters of the table in blocks: a busy cashier writes seldom.

A block has as many numbers as a cashier gives out in 5 to 10 s, at most 100. So a quiet shop calls
its numbers one after the other, and in a busy one, cashiers are some seconds apart. What is left of
a block after a minute is never given out: its numbers would be far behind those of the others.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import heapq
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TypeAlias

from shared.runtime.bounded_map import BoundedMap

LARGEST_BLOCK = 100
SHORTEST, LONGEST = 5.0, 10.0
"""Seconds for which a block shall last."""

_STALE_SECONDS = 60.0
_DAYS_REMEMBERED = 8

Counter: TypeAlias = tuple[str, dt.date]
"""The shop and the business day that numbers are of."""

Reserve: TypeAlias = Callable[[Counter, int], Awaitable[int]]
"""Adds so many to a counter, and returns what it is then."""


@dataclass(slots=True)
class _Block:
    taken_at: float
    size: int = 0
    free: list[int] = field(default_factory=list)
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


class NumberBlocks:
    """The numbers that this process may give out; `monotonic` is a clock, in seconds."""

    def __init__(self, reserve: Reserve, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._reserve = reserve
        self._monotonic = monotonic
        self._blocks: BoundedMap[Counter, _Block] = BoundedMap(_DAYS_REMEMBERED)

    async def take(self, counter: Counter) -> int:
        """Take a number that nobody has had; raises what `reserve` does."""
        if counter not in self._blocks:
            self._blocks[counter] = _Block(self._monotonic())
        block = self._blocks[counter]
        async with block.lock:
            age = self._monotonic() - block.taken_at
            if age > _STALE_SECONDS or not block.free:
                size = next_size(block.size, age)
                last = await self._reserve(counter, size)
                block.free = list(range(last - size + 1, last + 1))
                block.size, block.taken_at = size, self._monotonic()
            return heapq.heappop(block.free)

    def give_back(self, counter: Counter, number: int) -> None:
        """Give a number back that no order has got."""
        if block := self._blocks.get(counter):
            heapq.heappush(block.free, number)


def next_size(size: int, lasted: float) -> int:
    """Return how many numbers the next block has, by how many seconds one of `size` lasted."""
    if lasted > _STALE_SECONDS:
        return 1
    if lasted < SHORTEST:
        return min(2 * size, LARGEST_BLOCK) or 1
    return max(size // 2, 1) if lasted > LONGEST else size
