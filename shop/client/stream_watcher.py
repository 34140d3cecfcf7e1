"""Watches a live stream for as long as somebody wants to, whatever becomes of the connection."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from http import HTTPStatus

from shop.client.connection import OUT_OF_REACH
from shop.client.live_stream import Event, LiveStream, StreamRefusedError
from shop.client.retrier import AGAIN, pause


class Watching:
    """Tells `hear` of every event, and `say` of what becomes of the connection."""

    def __init__(
        self, stream: LiveStream, hear: Callable[[Event], None], say: Callable[[str], None]
    ) -> None:
        self._stream = stream
        self._hear = hear
        self._say = say
        self._was_open = False
        self._failures = 0
        self._random = random.Random()  # noqa: S311 - spreads retries, guards nothing

    async def run(self) -> None:
        """Watch for ever. A stream that broke off goes on after the last event that was heard.

        Raises ProblemError when the shop refuses, and what OUT_OF_REACH names when there never
        was a stream.
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
                self._say("Connected again." if self._was_open else "Connected; Ctrl-C ends.")
                self._was_open, self._failures = True, 0
            async for event in events:
                self._hear(event)

    async def _wait(self, retry_after: str | None) -> None:
        if self._failures == 0:
            self._say("The connection is lost; trying again.")
        await asyncio.sleep(pause(self._failures, retry_after, self._random.random()))
        self._failures += 1


def _may_pass(status: int) -> bool:
    """Tell whether a refusal may be over in a while."""
    return status in AGAIN or status >= HTTPStatus.INTERNAL_SERVER_ERROR
