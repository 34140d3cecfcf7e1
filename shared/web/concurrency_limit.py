"""Limits on the requests served, and the long bodies received, at the same time."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator

from shared.web.body import CLOSE_CONNECTION
from shared.web.limits import WebLimits
from shared.web.problem import TOO_BUSY, Problem

RETRY_AFTER_SECONDS = 1


class ConcurrencyLimit:
    """Counts what is being served. Streams do not count: they wait more than they work."""

    def __init__(self, limits: WebLimits) -> None:
        self._limits = limits
        self._free_requests = limits.requests_at_once
        self._free_bytes = limits.long_bodies_bytes
        self._streams: set[asyncio.Task[object]] = set()

    @contextlib.contextmanager
    def body(self, length: int | None) -> Iterator[None]:
        """Reserve space for a body during the block; raises a Problem of kind TOO_BUSY.

        A short body needs no space, and so is never refused. `length` is what its sender has
        announced; without one, the longest allowed is assumed.
        """
        needed = self._limits.body_bytes if length is None else length
        if needed <= self._limits.short_body_bytes:
            needed = 0
        if needed > self._free_bytes:
            detail = "as many long bodies as we have room for are on their way"
            retry = RETRY_AFTER_SECONDS
            raise Problem(TOO_BUSY, detail, retry_after=retry, headers=CLOSE_CONNECTION)
        self._free_bytes -= needed
        try:
            yield
        finally:
            self._free_bytes += needed

    @contextlib.contextmanager
    def request(self) -> Iterator[None]:
        """Occupy a place during the block; raises a Problem of kind TOO_BUSY."""
        if self._free_requests <= 0:
            detail = "as many requests as we can serve at once are being served"
            raise Problem(TOO_BUSY, detail, retry_after=RETRY_AFTER_SECONDS)
        self._free_requests -= 1
        try:
            yield
        finally:
            self._free_requests += 1

    @contextlib.contextmanager
    def stream(self) -> Iterator[None]:
        """Register the current task as a stream during the block, for `end_streams` to cancel."""
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
