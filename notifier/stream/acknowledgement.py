"""The acknowledgement of one announcement to the readers that it was offered to."""

from __future__ import annotations

import asyncio
import contextlib


class Acknowledgement:
    """Counts who has yet to write the announcement at `position` of the ring to its stream."""

    __slots__ = ("_everybody_told", "_waiting", "position")

    def __init__(self, position: int) -> None:
        self.position = position
        self._waiting = 0
        self._everybody_told: asyncio.Event | None = None

    def offered(self) -> None:
        """Count one reader more."""
        self._waiting += 1

    def told(self) -> None:
        """Count one less: it has written what it was offered."""
        self._waiting -= 1
        if not self._waiting and self._everybody_told is not None:
            self._everybody_told.set()

    async def finished(self, seconds: float) -> None:
        """Return when everybody is told, or after so many seconds: somebody may have stalled."""
        if not self._waiting:
            return
        self._everybody_told = asyncio.Event()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._everybody_told.wait()
