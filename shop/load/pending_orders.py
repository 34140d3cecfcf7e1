"""The acknowledged orders that have not ended yet."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from shared.runtime.bounded_map import BoundedMap
from shop.client.live_stream import Change

ENDS = frozenset({"ready", "canceled", "failed"})
"""The ends that an announcement alone shows. The others come after `ready`."""

MOST_TOO_EARLY = 10_000


@dataclass(frozen=True, slots=True)
class Finished:
    """How an order ended; `ready_seconds` run from placed to ready by the shop's own clock."""

    order_id: str
    state: str
    ready_seconds: float | None


class PendingOrders:
    """Calls `on_end` once for each order that ends."""

    def __init__(self, on_end: Callable[[Finished], None]) -> None:
        self._on_end = on_end
        self._placed_at: dict[str, dt.datetime] = {}
        self._too_early: BoundedMap[str, Change] = BoundedMap(MOST_TOO_EARLY)
        self._all_ended = asyncio.Event()
        self._all_ended.set()

    @property
    def ids(self) -> Sequence[str]:
        """The ids of the orders that have not ended, the oldest first."""
        return list(self._placed_at)

    def add(self, order_id: str, placed_at: dt.datetime) -> None:
        """Add an order, whose end may have been announced already."""
        self._placed_at[order_id] = placed_at
        self._all_ended.clear()
        if change := self._too_early.pop(order_id, None):
            self.handle(change)

    def handle(self, change: Change) -> None:
        """Handle any order's change; it may be announced before its order is acknowledged."""
        if change.state not in ENDS:
            return
        if change.order_id not in self._placed_at:
            self._too_early[change.order_id] = change
        else:
            ready_at = change.at if change.state == "ready" else None
            self.end(change.order_id, change.state, ready_at)

    def end(self, order_id: str, state: str, ready_at: dt.datetime | None) -> None:
        """Remove an order that has ended; `ready_at` is None if it was never ready."""
        placed_at = self._placed_at.pop(order_id, None)
        if placed_at is None:
            return
        seconds = None if ready_at is None else (ready_at - placed_at).total_seconds()
        self._on_end(Finished(order_id, state, seconds))
        if not self._placed_at:
            self._all_ended.set()

    async def all_have_ended(self) -> None:
        """Wait until no order is pending."""
        await self._all_ended.wait()
