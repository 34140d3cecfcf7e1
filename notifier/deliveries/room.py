"""Lets an issue with very many subscribers give way to what others are waiting for."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass
from typing import Protocol

from shared.domain.errors import UnavailableError

MOST_WAITING = 100
"""With fewer jobs waiting, all notifiers together might run out of them."""

_LOOK_SECONDS = 0.25
_LONGEST_SECONDS = 60


class Waiting(Protocol):
    """A queue that knows how many messages it has."""

    async def waiting_and_in_flight(self) -> tuple[int, int]:
        """Count the messages; raises UnavailableError."""


@dataclass(frozen=True, slots=True)
class Room:
    """The room in the queue of delivery jobs, which are taken about in the order of their coming.

    An issue's jobs are queued page by page, so that a job of another topic waits for a page of
    them, and not for all.
    """

    jobs: Waiting

    async def wait(self) -> None:
        """Return when few jobs wait, or after a minute, or when nobody can tell."""
        with contextlib.suppress(UnavailableError, TimeoutError):
            async with asyncio.timeout(_LONGEST_SECONDS):
                while (await self.jobs.waiting_and_in_flight())[0] > MOST_WAITING:  # noqa: ASYNC110 - SQS gives no signal
                    await asyncio.sleep(_LOOK_SECONDS)
