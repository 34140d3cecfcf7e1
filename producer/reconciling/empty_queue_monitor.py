"""Watches the tickets' queue, and remembers when it was last certainly empty."""

from __future__ import annotations

import datetime as dt

from producer.orders.backlog import Backlog
from shared.clock import Clock


class EmptyQueueMonitor:
    """Samples the backlog. `empty_at` is when the queue was last found empty, twice in a row.

    A time in the future is dropped: our clock was set back since, and it is unknown by how much.
    """

    def __init__(self, backlog: Backlog, clock: Clock) -> None:
        self._backlog = backlog
        self._clock = clock
        self.empty_at: dt.datetime | None = None

    async def sample(self) -> None:
        """Ask the queue once."""
        asked_at = self._clock()
        if self.empty_at is not None and self.empty_at > asked_at:
            self.empty_at = None
        await self._backlog.sample()
        if self._backlog.is_empty:
            self.empty_at = asked_at
