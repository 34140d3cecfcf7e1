"""The roster as it hangs at the front desk: looked up once a second, however many orders come."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Callable, Sequence
from typing import Protocol

from shared.domain.shop import Shift

LOOK_AGAIN_SECONDS = 1.0
"""All of it is read at each look, which many baristas make costly, and many orders frequent."""


class Shifts(Protocol):
    """Whoever knows who is at work, such as the order store."""

    async def on_shift(self, at: dt.datetime) -> Sequence[Shift]:
        """List them."""


class Roster:
    """Who is at work, as of a second ago at most; `monotonic` is a clock, in seconds."""

    def __init__(self, store: Shifts, monotonic: Callable[[], float]) -> None:
        self._store = store
        self._monotonic = monotonic
        self._shifts: Sequence[Shift] = ()
        self._good_until = monotonic()
        self._looking = asyncio.Lock()

    async def on_shift(self, now: dt.datetime) -> Sequence[Shift]:
        """List the baristas at work; those who ask at once share a look."""
        async with self._looking:
            if self._monotonic() >= self._good_until:
                self._shifts = await self._store.on_shift(now)
                self._good_until = self._monotonic() + LOOK_AGAIN_SECONDS
            return self._shifts
