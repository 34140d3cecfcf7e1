"""Keeps an eye on the open orders at little cost: one that is ready is read only once."""

from __future__ import annotations

import datetime as dt
from collections import OrderedDict
from collections.abc import Container, Sequence
from typing import Protocol

from shared.domain.order import Order, OrderState

_CHUNK = 500
_CHUNKS = 20
"""A look reads up to so many chunks of orders, until it has a chunk of those that wait."""

_REMEMBERED = 100_000


class OldestOpenOrders(Protocol):
    """The part of the order store that is read here."""

    async def oldest_open_orders(self, known: Container[str], limit: int) -> Sequence[Order]:
        """List up to `limit` open orders, the oldest placed first, but none that is `known`."""


class OpenOrders:
    """Knows which orders are ready, and since when, so as not to read them again."""

    def __init__(self, store: OldestOpenOrders) -> None:
        self._store = store
        self._ready: OrderedDict[str, dt.datetime] = OrderedDict()

    async def waiting(self) -> Sequence[Order]:
        """Read up to about 500 orders that are placed or being prepared, the oldest first."""
        waiting: dict[str, Order] = {}
        for _ in range(_CHUNKS):
            known = self._ready.keys() | waiting.keys()
            found = await self._store.oldest_open_orders(known, _CHUNK)
            for order in found:
                if order.state is OrderState.READY:
                    self._remember(order)
                else:
                    waiting[order.id] = order
            if len(found) < _CHUNK or len(waiting) >= _CHUNK:
                break
        return list(waiting.values())

    def ready_before(self, at: dt.datetime) -> list[str]:
        """List the ids of the orders that have been ready since before then."""
        return [order_id for order_id, since in self._ready.items() if since < at]

    def forget(self, order_id: str) -> None:
        """Read an order again when it is open."""
        self._ready.pop(order_id, None)

    def _remember(self, order: Order) -> None:
        self._ready[order.id] = order.since
        if len(self._ready) > _REMEMBERED:
            self._ready.popitem(last=False)
