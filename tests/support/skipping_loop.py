"""An event loop that does not wait."""

from __future__ import annotations

import asyncio
import selectors


class SkippedTime(selectors.SelectSelector):
    """The clock of an event loop that does not wait: it goes on to when the next timer is due."""

    def __init__(self, now: float) -> None:
        super().__init__()
        self.now = now

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        self.now += timeout or 0
        return super().select(0)


class SkippingLoop(asyncio.SelectorEventLoop):
    """A loop whose clock begins at `now`, and goes on to when the next timer is due."""

    def __init__(self, now: float) -> None:
        self._clock = SkippedTime(now)
        super().__init__(self._clock)

    def time(self) -> float:
        return self._clock.now
