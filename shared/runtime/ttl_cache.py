"""A value that is loaded again once it is too old, at most once for all callers."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

Value = TypeVar("Value")


class TtlCache(Generic[Value]):
    """Keeps what `load` gave for `seconds`; callers who ask during a load share it.

    `monotonic` is a clock, in seconds.
    """

    def __init__(
        self,
        load: Callable[[], Awaitable[Value]],
        seconds: float,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._load = load
        self._seconds = seconds
        self._monotonic = monotonic
        self._loading = asyncio.Lock()
        self._loaded: tuple[Value, float] | None = None

    async def get(self) -> Value:
        """Give a value that is at most `seconds` old; raises what `load` raises."""
        async with self._loading:
            if self._loaded is None or self._monotonic() >= self._loaded[1]:
                value = await self._load()
                self._loaded = value, self._monotonic() + self._seconds
            return self._loaded[0]
