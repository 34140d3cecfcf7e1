"""Reads pending orders one by one: all of them without a live stream, the missed ones with it."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import itertools
from dataclasses import dataclass
from http import HTTPStatus

import aiohttp

from shop.client.answers import ProblemError, content
from shop.client.connection import OUT_OF_REACH
from shop.client.live_stream import UNDER_WAY
from shop.load.announcements import AnnouncementListener
from shop.load.pending_orders import PendingOrders

AT_ONCE = 16
PAUSE_SECONDS = 0.5
LIVE_PAUSE_SECONDS = 5.0
"""While announcements arrive, polling only finds what they have missed."""

WHOLE_SWEEP = 10
"""Every tenth sweep reads all orders; the others stop where none has ended."""


@dataclass(frozen=True, slots=True)
class OrderPoller:
    """Reads the pending orders, the oldest first."""

    http: aiohttp.ClientSession
    pending: PendingOrders
    listener: AnnouncementListener

    async def run(self) -> None:
        """Sweep for ever: in intervals, and at once when announcements may have been missed."""
        missed = self.listener.missed
        for sweep in itertools.count(1):
            whole = missed.is_set() or sweep % WHOLE_SWEEP == 0
            missed.clear()
            await self.sweep(whole=whole)
            pause = LIVE_PAUSE_SECONDS if self.listener.is_live else PAUSE_SECONDS
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await missed.wait()

    async def sweep(self, *, whole: bool) -> None:
        """Read the orders in batches; unless `whole`, stop at a batch in which none has ended."""
        pending = self.pending.ids
        for first in range(0, len(pending), AT_ONCE):
            ended = await asyncio.gather(*map(self._has_ended, pending[first : first + AT_ONCE]))
            if not whole and not any(ended):
                return

    async def _has_ended(self, order_id: str) -> bool:
        try:
            async with self.http.get(f"orders/{order_id}") as response:
                if response.status == HTTPStatus.NOT_FOUND:
                    self.pending.end(order_id, "unknown", None)
                    return True
                order = await content(response)
        except (ProblemError, *OUT_OF_REACH):
            return False
        if order["state"] in UNDER_WAY:
            return False
        ready_at = order["ready_at"]
        self.pending.end(order_id, order["state"], ready_at and dt.datetime.fromisoformat(ready_at))
        return True
