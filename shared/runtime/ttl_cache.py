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
    """Keeps the value of `load` for `seconds`; who asks during a load shares it, or its error.

    `seconds` may follow from the value, where some cost more to load. `monotonic` is a clock, in
    seconds.
    """

    load: Callable[[], Awaitable[Value]]
    seconds: float | Callable[[Value], float]
    monotonic: Callable[[], float] = time.monotonic
    _loading: asyncio.Lock = field(default_factory=asyncio.Lock, init=False)
    _loaded: tuple[Value, float] | None = field(default=None, init=False)
    _failures: list[Exception] = field(default_factory=list, init=False)
    """The last failed load; a new list each time, so that a caller knows whether it came since."""

    async def get(self) -> Value:
        """Give a value that is fresh; raises what `load` raises."""
        loaded = None if self._loading.locked() else self._fresh()
        if loaded is None:
            failures_before = self._failures
            async with self._loading:
                if self._failures is not failures_before:
                    raise self._failures[0]
                loaded = self._fresh() or await self._load()
        return loaded[0]

    async def expire(self) -> None:
        """Have the next caller load the value, once a load in progress has ended."""
        async with self._loading:
            self._loaded = None

    def _fresh(self) -> tuple[Value, float] | None:
        """Return what was loaded, and until when it is fresh, if it still is."""
        is_fresh = self._loaded is not None and self.monotonic() < self._loaded[1]
        return self._loaded if is_fresh else None

    async def _load(self) -> tuple[Value, float]:
        try:
            value = await self.load()
        except Exception as error:
            self._failures = [error]
            raise
        seconds = self.seconds(value) if callable(self.seconds) else self.seconds
        loaded = self._loaded = value, self.monotonic() + seconds
        return loaded
