"""A value that is loaded again once it is too old, at most once for all callers."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

Value = TypeVar("Value")


@dataclass(slots=True)
class TtlCache(Generic[Value]):
    """Keeps the value of `load` for `seconds`; callers that ask during a load share it.

    `seconds` may follow from the value, where some cost more to load. `monotonic` is a clock, in
    seconds.
    """

    load: Callable[[], Awaitable[Value]]
    seconds: float | Callable[[Value], float]
    monotonic: Callable[[], float] = time.monotonic
    _loading: asyncio.Lock = field(default_factory=asyncio.Lock, init=False)
    _loaded: tuple[Value, float] | None = field(default=None, init=False)

    async def get(self) -> Value:
        """Give a value that is fresh; raises what `load` raises."""
        async with self._loading:
            if self._loaded is None or self.monotonic() >= self._loaded[1]:
                value = await self.load()
                fresh = self.seconds(value) if callable(self.seconds) else self.seconds
                self._loaded = value, self.monotonic() + fresh
            return self._loaded[0]

    async def expire(self) -> None:
        """Have the next caller load the value, once a load in progress has ended."""
        async with self._loading:
            self._loaded = None
