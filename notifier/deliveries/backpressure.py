"""Backpressure on an issue with very many subscribers: it gives way to what others wait for."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass
from typing import Protocol

from shared.consuming.polling import pause_unless
from shared.domain.errors import UnavailableError

MOST_WAITING = 100
"""With fewer jobs waiting, all notifiers together might run out of them."""

_LOOK_SECONDS = 0.25
_LONGEST_SECONDS = 60


class CountedQueue(Protocol):
    """A queue that knows how many messages it has."""

    async def waiting_and_in_flight(self) -> tuple[int, int]:
        """Count the messages; raises UnavailableError."""


@dataclass(frozen=True, slots=True)
class Backpressure:
    """Holds an issue's next page back while many delivery jobs wait.

    They are taken about in the order of their coming, so a job of another topic waits for one page
    of the issue's, and not for all. SQS's counts may be a minute old: then more than one page
    waits, or the next one comes later. `stopping` is set when nobody takes jobs any more.
    """

    jobs: CountedQueue
    stopping: asyncio.Event
    longest_seconds: float = _LONGEST_SECONDS

    async def wait(self) -> bool:
        """Wait until few jobs wait, a minute is over, or nobody can tell; False if we stop."""
        with contextlib.suppress(UnavailableError, TimeoutError):
            async with asyncio.timeout(self.longest_seconds):
                while not self.stopping.is_set() and await self._many_wait():
                    await pause_unless(self.stopping, _LOOK_SECONDS)
        return not self.stopping.is_set()

    async def _many_wait(self) -> bool:
        return (await self.jobs.waiting_and_in_flight())[0] > MOST_WAITING
