"""Watches acknowledged orders until each is ready, or has ended some other way."""

from __future__ import annotations

import asyncio
import datetime as dt
import itertools
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus

import httpx

from shop.client.answers import Json, content

AT_ONCE = 16
PAUSE_SECONDS = 0.5
WHOLE_SWEEP = 10
"""Every tenth sweep looks at all orders; the others stop where nothing has happened."""

UNDER_WAY = frozenset({"placed", "preparing"})


@dataclass(frozen=True, slots=True)
class Finished:
    """How an order ended; `ready_seconds` run from placed to ready by the shop's own clock."""

    order_id: str
    state: str
    ready_seconds: float | None


class Readiness:
    """Looks orders up, the longest waiting first; `note` hears how each one ended."""

    def __init__(self, http: httpx.AsyncClient, note: Callable[[Finished], None]) -> None:
        self._http = http
        self._note = note
        self._waiting: dict[str, None] = {}

    @property
    def waiting(self) -> int:
        """How many orders have not ended yet."""
        return len(self._waiting)

    def expect(self, order_id: str) -> None:
        """Watch one more order."""
        self._waiting[order_id] = None

    async def watch(self, placing_over: asyncio.Event) -> None:
        """Return when all orders that were placed have ended."""
        for sweep in itertools.count(1):
            await self.sweep(whole=sweep % WHOLE_SWEEP == 0)
            if placing_over.is_set() and not self._waiting:
                return
            await asyncio.sleep(PAUSE_SECONDS)

    async def sweep(self, *, whole: bool) -> None:
        """Look at the orders in turn, until some in a row have not moved unless `whole`."""
        waiting = list(self._waiting)
        for first in range(0, len(waiting), AT_ONCE):
            ended = await asyncio.gather(*map(self._look, waiting[first : first + AT_ONCE]))
            if not whole and not any(ended):
                return

    async def _look(self, order_id: str) -> bool:
        finished = await self._finished(order_id)
        if finished is None:
            return False
        del self._waiting[order_id]
        self._note(finished)
        return True

    async def _finished(self, order_id: str) -> Finished | None:
        try:
            response = await self._http.get(f"/orders/{order_id}")
        except httpx.TransportError:
            return None
        if response.status_code == HTTPStatus.NOT_FOUND:
            return Finished(order_id, "unknown", None)
        if not response.is_success:
            return None
        order = content(response)
        if order["state"] in UNDER_WAY:
            return None
        return Finished(order_id, order["state"], _ready_seconds(order))


def _ready_seconds(order: Json) -> float | None:
    if order["ready_at"] is None:
        return None
    placed, ready = (dt.datetime.fromisoformat(order[name]) for name in ("placed_at", "ready_at"))
    return (ready - placed).total_seconds()
