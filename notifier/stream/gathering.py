"""Callers that gather, so that what they do next is done for all of them in one request."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field


@dataclass(slots=True, eq=False)
class Gathering:
    """Lets callers pass together: as soon as there are `most`, or `seconds` after the first."""

    most: int
    seconds: float
    _group: asyncio.Event = field(default_factory=asyncio.Event, init=False)
    _size: int = field(default=0, init=False)
    _timer: asyncio.TimerHandle | None = field(default=None, init=False)
    _open: bool = field(default=False, init=False)

    async def join(self) -> None:
        """Return when this caller's group may pass."""
        if self._open:
            return
        group = self._group
        self._size += 1
        if self._size >= self.most:
            self._release()
        elif self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(self.seconds, self._release)
        await group.wait()

    def open(self) -> None:
        """Let everybody pass at once from now on."""
        self._open = True
        self._release()

    def _release(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = None
        self._group.set()
        self._group, self._size = asyncio.Event(), 0
