"""Stops one request on its way, so that its sender can be killed at that very moment."""

from __future__ import annotations

import asyncio
from enum import Enum, auto


class Moment(Enum):
    """When a request is stopped: before it takes effect, or after, when its answer is due."""

    BEFORE = auto()
    AFTER = auto()


class Hold:
    """Waits for the first request of `action` that has `containing` in it, or in its answer."""

    def __init__(self, action: str, moment: Moment, containing: bytes = b"") -> None:
        self._action = action
        self._moment = moment
        self._containing = containing
        self.discarded = False
        self._reached = asyncio.Event()
        self._released = asyncio.Event()

    async def reached(self, seconds: float = 20) -> None:
        """Return when the request has come; raises TimeoutError when it does not."""
        async with asyncio.timeout(seconds):
            await self._reached.wait()

    def release(self) -> None:
        """Let it go on: to its effect, or to the caller, if it still reads the answer."""
        self._released.set()

    def discard(self) -> None:
        """Make it as if it had never been sent, or its answer never."""
        self.discarded = True
        self._released.set()

    def wants(self, action: str, moment: Moment, content: bytes) -> bool:
        """Tell whether this is the request to stop."""
        return (
            not self._reached.is_set()
            and (action, moment) == (self._action, self._moment)
            and self._containing in content
        )

    async def stop(self) -> None:
        """Keep the request until `release`."""
        self._reached.set()
        await self._released.wait()
