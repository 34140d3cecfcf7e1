"""Watches a live stream without end, across lost connections."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from http import HTTPStatus

from shop.client.connection import OUT_OF_REACH
from shop.client.live_stream import Event, LiveStream, StreamRefusedError
from shop.client.retrier import RETRIED, pause


class StreamWatcher:
    """Calls `on_event` with every event, and `on_status` with the state of the connection."""

    def __init__(
        self,
        stream: LiveStream,
        on_event: Callable[[Event], None],
        on_status: Callable[[str], None],
    ) -> None:
        self._stream = stream
        self._on_event = on_event
        self._on_status = on_status
        self._was_open = False
        self._failures = 0

    async def run(self) -> None:
        """Watch for ever; a stream that broke off is resumed after the last event.

        Raises ProblemError when the shop refuses, and one of OUT_OF_REACH when the stream was
        never open.
        """
        while True:
            retry_after = None
            try:
                await self._watch()
            except StreamRefusedError as refused:
                if not (self._was_open and _may_pass(refused.problem.status)):
                    raise refused.problem from None
                retry_after = refused.problem.retry_after
            except OUT_OF_REACH:
                if not self._was_open:
                    raise
            await self._wait(retry_after)

    async def _watch(self) -> None:
        async with self._stream.open() as events:
            if self._stream.is_open:
                self._on_status("Connected again." if self._was_open else "Connected; Ctrl-C ends.")
                self._was_open, self._failures = True, 0
            async for event in events:
                self._on_event(event)

    async def _wait(self, retry_after: str | None) -> None:
        if self._failures == 0:
            self._on_status("The connection is lost; trying again.")
        jitter = random.random()  # noqa: S311 - spreads retries, guards nothing
        await asyncio.sleep(pause(self._failures, retry_after, jitter))
        self._failures += 1


def _may_pass(status: int) -> bool:
    return status in RETRIED or status >= HTTPStatus.INTERNAL_SERVER_ERROR
