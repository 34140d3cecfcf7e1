"""Scans the open orders at little cost: an order that is ready is read only once."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Collection, Container, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from shared.clock import Clock, utc_now
from shared.domain.order import Order, OrderState
from shared.runtime.bounded_map import BoundedMap

_CHUNK = 500
_CHUNKS = 20
"""A scan reads up to so many chunks of orders, until it has a chunk of those that wait."""

_REMEMBERED = 100_000


class OldestOpenOrders(Protocol):
    """The part of the order store that is read here."""

    async def oldest_open_orders(self, known: Container[str], limit: int) -> Sequence[Order]:
        """List up to `limit` open orders, the oldest placed first, but none that is `known`."""


@dataclass(frozen=True, slots=True)
class Scan:
    """What was found: orders placed or being prepared, and those ready for too long."""

    waiting: Sequence[Order]
    overdue: Sequence[Order]


@dataclass(frozen=True, slots=True)
class OpenOrderCounts:
    """What a scan has found: open orders by state, and the longest wait of one that is placed."""

    by_state: Mapping[OrderState, int]
    oldest_wait_seconds: float


def counts_of(waiting: Collection[Order], ready: int, now: dt.datetime) -> OpenOrderCounts:
    """Count orders that are placed or being prepared, and those that are `ready`."""
    by_state = Counter({OrderState.PLACED: 0, OrderState.PREPARING: 0, OrderState.READY: ready})
    by_state.update(order.state for order in waiting)
    waits = (now - order.since for order in waiting if order.state is OrderState.PLACED)
    return OpenOrderCounts(by_state, max(waits, default=dt.timedelta(0)).total_seconds())


class _Skipped(Container[str]):
    """The known ids; `open` collects those that the store has found open, and skipped."""

    def __init__(self, known: Container[str]) -> None:
        self._known = known
        self.open: set[str] = set()

    def __contains__(self, order_id: object) -> bool:
        if order_id not in self._known:
            return False
        self.open.add(str(order_id))
        return True


class OpenOrders:
    """Remembers which orders are ready, so as not to read them again before they are overdue.

    `counts` are those of the last scan, None before the first.
    """

    def __init__(self, store: OldestOpenOrders, clock: Clock = utc_now) -> None:
        self._store = store
        self._clock = clock
        self.counts: OpenOrderCounts | None = None
        self._ready: BoundedMap[str, dt.datetime] = BoundedMap(_REMEMBERED)

    async def scan(self, due: dt.datetime) -> Scan:
        """Read up to about 500 orders that wait, the oldest first, and those ready before `due`.

        Orders collected meanwhile are not open any more, and are not read again; they are
        forgotten once a scan reaches the end.
        """
        self._forget({order_id for order_id, since in self._ready.items() if since < due})
        waiting: dict[str, Order] = {}
        overdue: dict[str, Order] = {}
        for _ in range(_CHUNKS):
            known = _Skipped(self._ready.keys() | waiting.keys() | overdue.keys())
            found = await self._store.oldest_open_orders(known, _CHUNK)
            if len(found) < _CHUNK:
                self._forget(self._ready.keys() - known.open)
            for order in found:
                if order.state is not OrderState.READY:
                    waiting[order.id] = order
                elif order.since < due:
                    overdue[order.id] = order
                else:
                    self._ready[order.id] = order.since
            if len(found) < _CHUNK or len(waiting) >= _CHUNK:
                break
        ready = len(self._ready) + len(overdue)
        self.counts = counts_of(waiting.values(), ready, self._clock())
        return Scan(list(waiting.values()), list(overdue.values()))

    def _forget(self, order_ids: set[str]) -> None:
        for order_id in order_ids:
            del self._ready[order_id]
