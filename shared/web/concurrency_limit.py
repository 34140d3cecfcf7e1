"""Who is let in: bounds on the requests served and the long bodies on their way at once.

And an end to the streams at closing.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator

from shared.web.body import ASK_TO_CLOSE
from shared.web.limits import WebLimits
from shared.web.problem import TOO_BUSY, Problem

RETRY_AFTER_SECONDS = 1


class ConcurrencyLimit:
    """Counts what is being served. Streams do not count: they wait more than they work."""

    def __init__(self, limits: WebLimits) -> None:
        self._limits = limits
        self._free = limits.requests_at_once
        self._room = limits.long_bodies_bytes
        self._streams: set[asyncio.Task[object]] = set()

    @contextlib.contextmanager
    def body(self, length: int | None) -> Iterator[None]:
        """Keep room for a body as long as the block lasts; raises a Problem of kind TOO_BUSY.

        A short one needs none, and so is never refused. `length` is what its sender has
        announced; none, and it is taken to be as long as a body may be.
        """
        needed = self._limits.body_bytes if length is None else length
        if needed <= self._limits.short_body_bytes:
            needed = 0
        if needed > self._room:
            detail = "as many long bodies as we have room for are on their way"
            raise Problem(TOO_BUSY, detail, retry_after=RETRY_AFTER_SECONDS, headers=ASK_TO_CLOSE)
        self._room -= needed
        try:
            yield
        finally:
            self._room += needed

    @contextlib.contextmanager
    def request(self) -> Iterator[None]:
        """Take a place for as long as the block lasts; raises a Problem of kind TOO_BUSY."""
        if self._free <= 0:
            detail = "as many requests as we can serve at once are being served"
            raise Problem(TOO_BUSY, detail, retry_after=RETRY_AFTER_SECONDS)
        self._free -= 1
        try:
            yield
        finally:
            self._free += 1

    @contextlib.contextmanager
    def stream(self) -> Iterator[None]:
        """Let a stream run for as long as the block lasts, or until `end_streams`."""
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("a stream runs in a task")
        self._streams.add(task)
        try:
            yield
        finally:
            self._streams.discard(task)

    async def end_streams(self, _: object) -> None:
        """Cancel the streams that the services have not ended themselves (a shutdown signal)."""
        for task in self._streams:
            task.cancel()
