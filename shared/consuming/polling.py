"""Polls with a deadline for each, a pause after a failure, and a check for stalls."""

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
    """Polls one queue. `stalled` and `deadline` (seconds) are longer than a long poll.

    A poll is given up only at its deadline, when no answer can be expected any more. Giving it up
    earlier would strand its messages: SQS hands messages to an abandoned poll too, and they stay
    invisible for the whole visibility timeout.
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
        """Return the messages of one poll; if it fails, pause, and return none."""
        poll = object()
        self._in_flight[poll] = asyncio.get_running_loop().time()
        try:
            async with asyncio.timeout(self._deadline):
                messages = await self._queue.receive(limit)
        except Exception as error:  # noqa: BLE001 - the loop must go on
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
        """Raise StalledError while polls fail, or do not return."""
        if self._failures:
            raise StalledError(f"{self._failures} polls in a row have failed")
        now = asyncio.get_running_loop().time()
        if any(now - since > self._stalled for since in self._in_flight.values()):
            raise StalledError("a poll does not return")


async def pause_unless(stop: asyncio.Event, seconds: float) -> None:
    """Wait so many seconds, or until `stop` is set."""
    stopping = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait({stopping}, timeout=seconds)
    finally:
        stopping.cancel()
