"""The last hour, minute by minute, from the timelines of the orders.

Nothing is sampled or kept anywhere else: a page that is opened late has the whole hour, and so has
one whose cashier was killed. While nobody asks, it costs nothing.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from producer.reports.minutes import Minute, OrderTimes, minutes_of, times_of
from shared.clock import Clock
from shared.domain.order import Order, OrderState
from shared.runtime.ttl_cache import TtlCache

FRESH_SECONDS = 1.0
MOST_ORDERS = 20_000
"""Of more orders in an hour, the oldest are left out."""

_PAGE = 500
_BEFORE = dt.timedelta(hours=1)
"""An order that became ready in this hour may have been placed in the one before."""
_SETTLING = dt.timedelta(seconds=5)
"""How much later than others an order may be recorded, by the clock of another cashier."""
_HOUR = dt.timedelta(hours=1)
_IS_OVER = frozenset(
    {OrderState.READY, OrderState.COLLECTED, OrderState.CANCELED, OrderState.EXPIRED}
)


class OrderReads(Protocol):
    """The reads of the order store that are needed."""

    async def orders_placed(
        self, since: dt.datetime, until: dt.datetime, limit: int, after: Order | None = None
    ) -> Sequence[Order]:
        """List orders by the time of their placing."""

    async def orders_by_id(self, order_ids: Sequence[str]) -> Sequence[Order]:
        """Read up to 1000 orders at once."""


@dataclass(frozen=True, slots=True)
class HourReport:
    """The last hour; `is_whole` unless there were more orders than are looked at."""

    minutes: Sequence[Minute]
    orders: Sequence[OrderTimes]
    is_whole: bool


@dataclass(slots=True)
class LastHour:
    """Reads each order until it is over, and again only if it may have changed."""

    store: OrderReads
    clock: Clock
    _known: dict[str, OrderTimes] = field(default_factory=dict, init=False)
    _open: set[str] = field(default_factory=set, init=False)
    _read_until: dt.datetime | None = field(default=None, init=False)
    _left_out: dt.datetime | None = field(default=None, init=False)
    _cache: TtlCache[HourReport] = field(init=False)

    def __post_init__(self) -> None:
        self._cache = TtlCache(self._report, FRESH_SECONDS)

    async def report(self) -> HourReport:
        """Report on the hour until now; raises StoreUnavailableError."""
        return await self._cache.get()

    async def _report(self) -> HourReport:
        now = self.clock()
        since = now - _HOUR - _BEFORE
        known = frozenset(self._open)
        placed = await self._read_placed(max(since, self._read_until or since), now)
        await self._read_again((known & self._open) - placed)
        self._read_until = now - _SETTLING
        self._forget(since)
        orders = [*self._known.values()]
        is_whole = self._left_out is None or self._left_out < since
        return HourReport(minutes_of(orders, now), orders, is_whole)

    async def _read_placed(self, since: dt.datetime, now: dt.datetime) -> frozenset[str]:
        """Read what was placed since then; between two pages, others have their turn."""
        read, last = set[str](), None
        until = now + dt.timedelta(minutes=1)
        while page := await self.store.orders_placed(since, until, _PAGE, last):
            self._note(page)
            read.update(order.id for order in page)
            last = page[-1]
            if len(self._known) > MOST_ORDERS:
                self._forget(now - _HOUR - _BEFORE)
            await asyncio.sleep(0)
        return frozenset(read)

    async def _read_again(self, ids: Iterable[str]) -> None:
        remaining = [*ids]
        while remaining:
            self._note(await self.store.orders_by_id(remaining[:_PAGE]))
            del remaining[:_PAGE]

    def _note(self, orders: Iterable[Order]) -> None:
        for order in orders:
            self._known[order.id] = times_of(order)
            (self._open.discard if order.state in _IS_OVER else self._open.add)(order.id)

    def _forget(self, before: dt.datetime) -> None:
        """Drop the orders that no minute counts any more, and the oldest of too many."""
        oldest_first = sorted(self._known, key=lambda one: self._known[one].placed)
        surplus = len(oldest_first) - MOST_ORDERS
        for position, order_id in enumerate(oldest_first):
            placed = self._known[order_id].placed
            if position >= surplus and placed >= before:
                break
            if position < surplus:
                self._left_out = max(placed, self._left_out or placed)
            del self._known[order_id]
            self._open.discard(order_id)
