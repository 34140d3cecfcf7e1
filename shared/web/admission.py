"""Who is let in: a bound on the requests served at once, and an end to the streams at closing."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator

from shared.web.problem import TOO_BUSY, Problem

RETRY_AFTER_SECONDS = 1


class Admission:
    """Counts what is being served. Streams do not count: they wait more than they work."""

    def __init__(self, requests_at_once: int) -> None:
        self._free = requests_at_once
        self._streams: set[asyncio.Task[object]] = set()

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
