"""Hears on the live stream which orders have ended, so that few need to be looked up."""

from __future__ import annotations

import asyncio
import contextlib

import aiohttp

from shop.client.connection import OUT_OF_REACH
from shop.client.live_stream import LiveStream
from shop.client.order_change import change_in
from shop.load.pending_orders import Readiness

AGAIN_SECONDS = 1.0


class Listening:
    """Listens to the announcements of all orders, which only staff may.

    `missed` is set when some may not have been heard: at first, and after a `reset`.
    """

    def __init__(self, http: aiohttp.ClientSession, readiness: Readiness) -> None:
        self._stream = LiveStream(http, topics="order-events")
        self._readiness = readiness
        self.missed = asyncio.Event()

    @property
    def is_live(self) -> bool:
        """Whether announcements are being heard."""
        return self._stream.is_open

    async def run(self) -> None:
        """Listen for ever, whatever becomes of a stream."""
        while True:
            with contextlib.suppress(*OUT_OF_REACH):
                await self._listen()
            await asyncio.sleep(AGAIN_SECONDS)

    async def _listen(self) -> None:
        async with self._stream.open() as events:
            if self._stream.place is None:
                self.missed.set()
            async for event in events:
                if event.kind == "reset":
                    self.missed.set()
                elif change := change_in(event):
                    self._readiness.hear(change)
