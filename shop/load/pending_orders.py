"""Which of the acknowledged orders have not ended yet, whoever finds out that they have."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from shop.client.order_change import Change

TOLD = frozenset({"ready", "canceled", "failed"})
"""The ends that are known from an announcement alone. The others come after `ready`."""

MOST_TOO_EARLY = 10_000


@dataclass(frozen=True, slots=True)
class Finished:
    """How an order ended; `ready_seconds` run from placed to ready by the shop's own clock."""

    order_id: str
    state: str
    ready_seconds: float | None


class Readiness:
    """The orders that are waited for; `note` hears how each one ended, once."""

    def __init__(self, note: Callable[[Finished], None]) -> None:
        self._note = note
        self._waiting: dict[str, dt.datetime] = {}
        self._too_early: dict[str, Change] = {}
        self._none_waiting = asyncio.Event()
        self._none_waiting.set()

    @property
    def waiting(self) -> Sequence[str]:
        """The ids of the orders that have not ended, the longest waiting first."""
        return list(self._waiting)

    def expect(self, order_id: str, placed_at: dt.datetime) -> None:
        """Wait for one more order, which may have been heard of already."""
        self._waiting[order_id] = placed_at
        self._none_waiting.clear()
        if change := self._too_early.pop(order_id, None):
            self.hear(change)

    def hear(self, change: Change) -> None:
        """Hear of any order's change; it may be announced before its order is acknowledged."""
        if change.state not in TOLD:
            return
        if change.order_id not in self._waiting:
            self._remember(change)
        elif change.state == "ready":
            self.end(change.order_id, "ready", change.at)
        else:
            self.end(change.order_id, change.state, None)

    def end(self, order_id: str, state: str, ready_at: dt.datetime | None) -> None:
        """Take down that an order has ended, and when it was ready, if it ever was."""
        placed_at = self._waiting.pop(order_id, None)
        if placed_at is None:
            return
        seconds = None if ready_at is None else (ready_at - placed_at).total_seconds()
        self._note(Finished(order_id, state, seconds))
        if not self._waiting:
            self._none_waiting.set()

    async def all_have_ended(self) -> None:
        """Wait until no order is waited for."""
        await self._none_waiting.wait()

    def _remember(self, change: Change) -> None:
        self._too_early[change.order_id] = change
        if len(self._too_early) > MOST_TOO_EARLY:
            del self._too_early[next(iter(self._too_early))]
