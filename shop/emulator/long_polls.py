"""Long polls that are woken by what they wait for, in place of looking ten times a second."""

from __future__ import annotations

import asyncio
import math
import time
from dataclasses import dataclass
from typing import Any

Queue = dict[str, Any]
"""A queue as ministack holds it; its `messages` are in the order in which they were added."""

_SHORTEST_SECONDS = 0.01
_ALIGNED_SECONDS = 5
"""From this length on, polls end at whole seconds of the machine's clock, up to one sooner."""

_ENDED_SECONDS = 0.1
"""How long polls last for `ENDING_SECONDS` after `end_soon`: who stops may have begun one more."""

ENDING_SECONDS = 2.0


@dataclass(frozen=True, slots=True, eq=False)
class _Waiting:
    queue: Queue
    last: object
    woken: asyncio.Future[None]

    def wake(self) -> None:
        if not self.woken.done():
            self.woken.set_result(None)


class LongPolls:
    """The long polls that wait, each for the messages of its queue."""

    def __init__(self) -> None:
        self._waiting: set[_Waiting] = set()
        self._ending_until = 0.0

    def begin(self, seconds: float) -> float:
        """Return when a poll of so many seconds ends, of the loop's clock, if it began now.

        Long ones end together, so that who polls wakes seldom, and when it has to tick anyway.
        """
        until = asyncio.get_running_loop().time() + seconds
        return math.floor(until) if seconds >= _ALIGNED_SECONDS else until

    def end(self, until: float) -> float:
        """Return when a poll ends that may last `until`: soon, if all are being ended."""
        now = asyncio.get_running_loop().time()
        return min(until, now + _ENDED_SECONDS) if now < self._ending_until else until

    async def wait(self, queue: Queue, until: float) -> None:
        """Return when a message may have become visible, or at `until` of the loop's clock."""
        loop = asyncio.get_running_loop()
        waiting = _Waiting(queue, _last(queue), loop.create_future())
        seconds = min(until - loop.time(), _seconds_to_the_first(queue))
        timer = loop.call_later(max(seconds, _SHORTEST_SECONDS), waiting.wake)
        self._waiting.add(waiting)
        try:
            await waiting.woken
        finally:
            self._waiting.discard(waiting)
            timer.cancel()

    def end_soon(self, seconds: float = ENDING_SECONDS) -> None:
        """End all polls soon, since somebody stops who waits for theirs; no message is lost.

        So do those that begin within so many seconds.
        """
        until = asyncio.get_running_loop().time() + seconds
        self._ending_until = max(self._ending_until, until)
        for waiting in self._waiting:
            waiting.wake()

    def set(self) -> None:
        """Wake those to whose queue a message was added.

        It has the name of the method that ministack calls then, of a `threading.Event`.
        """
        for waiting in self._waiting:
            if _last(waiting.queue) is not waiting.last:
                waiting.wake()

    def changed(self, queue: Queue) -> None:
        """Wake those of a queue of which a message becomes visible at another time."""
        for waiting in self._waiting:
            if waiting.queue is queue:
                waiting.wake()


def _last(queue: Queue) -> object:
    return queue["messages"][-1] if queue["messages"] else None


def _seconds_to_the_first(queue: Queue) -> float:
    first = min((message["visible_at"] for message in queue["messages"]), default=float("inf"))
    return float(first) - time.time()
