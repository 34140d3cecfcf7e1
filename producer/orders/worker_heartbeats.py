"""The workers that are alive, as of a second ago: one look-up serves many orders."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Callable, Sequence
from typing import Protocol

from shared.domain.shop import WorkerHeartbeat

LOOK_AGAIN_SECONDS = 1.0
"""All of it is read at each look, which many baristas make costly, and many orders frequent."""


class Shifts(Protocol):
    """Whoever knows who is at work, such as the order store."""

    async def worker_heartbeats(self, at: dt.datetime) -> Sequence[WorkerHeartbeat]:
        """List them."""


class WorkerHeartbeatCache:
    """Who is at work, as of a second ago at most; `monotonic` is a clock, in seconds."""

    def __init__(self, store: Shifts, monotonic: Callable[[], float]) -> None:
        self._store = store
        self._monotonic = monotonic
        self._shifts: Sequence[WorkerHeartbeat] = ()
        self._good_until = monotonic()
        self._looking = asyncio.Lock()

    async def worker_heartbeats(self, now: dt.datetime) -> Sequence[WorkerHeartbeat]:
        """List the baristas at work; those who ask at once share a look."""
        async with self._looking:
            if self._monotonic() >= self._good_until:
                self._shifts = await self._store.worker_heartbeats(now)
                self._good_until = self._monotonic() + LOOK_AGAIN_SECONDS
            return self._shifts
