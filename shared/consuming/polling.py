"""Polls under supervision: each has a deadline, failures are followed by a pause, a stall shows."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

import structlog

from shared.consuming.backoff import full_jitter
from shared.consuming.message import Message, Queue

log = structlog.stdlib.get_logger(__name__)

_LONGEST_PAUSE = 5


class StalledError(Exception):
    """The queue has not answered a poll for too long."""


class Poller:
    """Polls one queue. `stalled` and `deadline` (seconds) are beyond the length of a long poll.

    A poll is given up only at its deadline, when its answer has been sent long ago, or never
    will be. Giving it up earlier would strand what it brings: SQS hands messages to an abandoned
    poll too, and they stay invisible for the whole visibility timeout.
    """

    def __init__(
        self, queue: Queue, stalled: float, deadline: float, rnd: Callable[[], float]
    ) -> None:
        self._queue = queue
        self._stalled = stalled
        self._deadline = deadline
        self._rnd = rnd
        self._failures = 0
        self._in_flight: dict[object, float] = {}

    async def poll(self, limit: int, stop: asyncio.Event) -> Sequence[Message]:
        """Return what one poll brings; nothing, after a pause, when it fails."""
        poll = object()
        self._in_flight[poll] = self._now()
        try:
            async with asyncio.timeout(self._deadline):
                messages = await self._queue.receive(limit)
        except Exception as error:  # noqa: BLE001 - the loop's outermost edge: it must not end
            self._failures += 1
            log.warning("poll.failed", error=repr(error), failures=self._failures)
        else:
            self._failures = 0
            return messages
        finally:
            del self._in_flight[poll]
        pause = full_jitter(self._failures + 1, self._rnd, base=0.5, cap=_LONGEST_PAUSE)
        await pause_unless(stop, pause)
        return ()

    def check(self) -> None:
        """Raise StalledError while polls fail, or do not come back."""
        if self._failures:
            raise StalledError(f"{self._failures} polls in a row have failed")
        if any(self._now() - since > self._stalled for since in self._in_flight.values()):
            raise StalledError("a poll does not come back")

    @staticmethod
    def _now() -> float:
        return asyncio.get_running_loop().time()


async def pause_unless(stop: asyncio.Event, seconds: float) -> None:
    """Wait, but not past a stop."""
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait({stopping}, timeout=seconds)
    stopping.cancel()
