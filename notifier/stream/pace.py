"""How long the polls of a live queue leave events to gather, in a shop that has many."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

_PERIOD_SECONDS = 1.0


@dataclass(slots=True)
class Pace:
    """Gives pauses of `seconds` after polls that brought some, while `busy` come in a second.

    In a quieter shop, and after a full poll, there is none: each event is received at once.
    """

    busy: float
    seconds: float
    monotonic: Callable[[], float] = time.monotonic
    _count: int = field(default=0, init=False)
    _since: float = field(default=0.0, init=False)
    _is_busy: bool = field(default=False, init=False)
    _next_poll: float = field(default=0.0, init=False)

    def received(self, count: int, limit: int) -> None:
        """Note what a poll for up to `limit` messages has brought, now."""
        now = self.monotonic()
        self._count += count
        if now - self._since >= _PERIOD_SECONDS:
            self._is_busy = self._count / (now - self._since) >= self.busy
            self._count, self._since = 0, now
        pauses = self._is_busy and 0 < count < limit
        self._next_poll = now + self.seconds if pauses else now

    def pause(self) -> float:
        """Return how many seconds the next poll should wait."""
        return max(0.0, self._next_poll - self.monotonic())
