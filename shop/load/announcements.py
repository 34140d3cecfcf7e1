"""Receives on the live stream which orders have ended, so that few need to be read one by one."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable

import aiohttp

from shop.client.connection import OUT_OF_REACH
from shop.client.live_stream import Change, LiveStream, change_in
from shop.load.pending_orders import PendingOrders

RECONNECT_SECONDS = 1.0


class AnnouncementListener:
    """Receives the announcements of all orders, which only staff may, and calls `on_change`.

    `missed` is set when some may not have arrived: at first, and after a `reset`.
    """

    def __init__(
        self,
        http: aiohttp.ClientSession,
        pending: PendingOrders,
        on_change: Callable[[Change], None] = lambda _: None,
    ) -> None:
        self._stream = LiveStream(http, topics="order-events")
        self._pending = pending
        self._on_change = on_change
        self.missed = asyncio.Event()

    @property
    def is_live(self) -> bool:
        """Whether the stream is open."""
        return self._stream.is_open

    async def run(self) -> None:
        """Listen for ever, and reconnect whenever the stream ends."""
        while True:
            with contextlib.suppress(*OUT_OF_REACH):
                await self._listen()
            await asyncio.sleep(RECONNECT_SECONDS)

    async def _listen(self) -> None:
        async with self._stream.open() as events:
            if self._stream.last_event_id is None:
                self.missed.set()
            async for event in events:
                if event.kind == "reset":
                    self.missed.set()
                elif change := change_in(event):
                    self._on_change(change)
                    self._pending.handle(change)
