"""Watches the tickets' queue, and remembers when it was last certainly empty."""

from __future__ import annotations

import datetime as dt

from producer.orders.backlog import Backlog
from shared.clock import Clock

LEFT_OUT = 4
"""How many samples in a row an empty queue is spared: orders of other cashiers show 5 s later."""


class EmptyQueueMonitor:
    """Samples the backlog. `empty_at` is when the queue was last found empty, twice in a row.

    A time in the future is dropped: our clock was set back since, and it is unknown by how much.
    """

    def __init__(self, backlog: Backlog, clock: Clock) -> None:
        self._backlog = backlog
        self._clock = clock
        self._left_out = 0
        self.empty_at: dt.datetime | None = None

    async def sample_if_needed(self) -> None:
        """Ask the queue, but only every fifth time while it is empty and we queue nothing."""
        if self._backlog.is_empty and self._left_out < LEFT_OUT:
            self._left_out += 1
            return
        self._left_out = 0
        await self.sample()

    async def sample(self) -> None:
        """Ask the queue once."""
        asked_at = self._clock()
        if self.empty_at is not None and self.empty_at > asked_at:
            self.empty_at = None
        await self._backlog.sample()
        if self._backlog.is_empty:
            self.empty_at = asked_at
