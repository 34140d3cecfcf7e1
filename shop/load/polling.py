"""Looks orders up: all that is known of them without a live stream, and what one has missed."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import itertools
from http import HTTPStatus

import aiohttp

from shop.client.answers import ProblemError, content
from shop.client.connection import OUT_OF_REACH
from shop.client.order_change import UNDER_WAY
from shop.load.announcements import Listening
from shop.load.pending_orders import Readiness

AT_ONCE = 16
PAUSE_SECONDS = 0.5
LIVE_PAUSE_SECONDS = 5.0
"""Where announcements are heard, looking up only finds what they should have told."""

WHOLE_SWEEP = 10
"""Every tenth sweep looks at all orders; the others stop where nothing has happened."""


class LookingUp:
    """Looks up the orders that are waited for, the longest waiting first."""

    def __init__(
        self, http: aiohttp.ClientSession, readiness: Readiness, listening: Listening
    ) -> None:
        self._http = http
        self._readiness = readiness
        self._listening = listening

    async def run(self) -> None:
        """Sweep for ever: now and then, and at once when announcements may have been missed."""
        missed = self._listening.missed
        for sweep in itertools.count(1):
            whole = missed.is_set() or sweep % WHOLE_SWEEP == 0
            missed.clear()
            await self.sweep(whole=whole)
            pause = LIVE_PAUSE_SECONDS if self._listening.is_live else PAUSE_SECONDS
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await missed.wait()

    async def sweep(self, *, whole: bool) -> None:
        """Look at the orders in turn, until some in a row have not ended unless `whole`."""
        waiting = self._readiness.waiting
        for first in range(0, len(waiting), AT_ONCE):
            ended = await asyncio.gather(*map(self._look, waiting[first : first + AT_ONCE]))
            if not whole and not any(ended):
                return

    async def _look(self, order_id: str) -> bool:
        """Look an order up, and tell whether it has ended."""
        try:
            async with self._http.get(f"orders/{order_id}") as response:
                if response.status == HTTPStatus.NOT_FOUND:
                    self._readiness.end(order_id, "unknown", None)
                    return True
                order = await content(response)
        except (ProblemError, *OUT_OF_REACH):
            return False
        if order["state"] in UNDER_WAY:
            return False
        ready_at = order["ready_at"]
        self._readiness.end(
            order_id, order["state"], ready_at and dt.datetime.fromisoformat(ready_at)
        )
        return True
