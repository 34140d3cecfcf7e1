"""Keeps an eye on the open orders at little cost: one that is ready is read only once."""

from __future__ import annotations

import datetime as dt
from collections import OrderedDict
from collections.abc import Container, Sequence
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class Look:
    """What was seen: orders placed or being prepared, and those ready for too long."""

    waiting: Sequence[Order]
    overdue: Sequence[Order]


class _PassedBy(Container[str]):
    """Ids that are known, and among them those of the orders that the store has `passed`."""

    def __init__(self, known: Container[str]) -> None:
        self._known = known
        self.passed: set[str] = set()

    def __contains__(self, order_id: object) -> bool:
        if order_id not in self._known:
            return False
        self.passed.add(str(order_id))
        return True


class OpenOrders:
    """Remembers which orders are ready, so as not to read them again before they are overdue."""

    def __init__(self, store: OldestOpenOrders) -> None:
        self._store = store
        self._ready: OrderedDict[str, dt.datetime] = OrderedDict()

    async def look(self, due: dt.datetime) -> Look:
        """Read up to about 500 orders that wait, the oldest first, and those ready before `due`.

        Orders that were collected meanwhile are not open any more, and so are not read again;
        they are forgotten once a look has come to the end.
        """
        self._ready = OrderedDict((i, since) for i, since in self._ready.items() if since >= due)
        waiting: dict[str, Order] = {}
        overdue: dict[str, Order] = {}
        for _ in range(_CHUNKS):
            known = _PassedBy(self._ready.keys() | waiting.keys() | overdue.keys())
            found = await self._store.oldest_open_orders(known, _CHUNK)
            if len(found) < _CHUNK:
                self._forget_all_but(known.passed)
            for order in found:
                if order.state is not OrderState.READY:
                    waiting[order.id] = order
                elif order.since < due:
                    overdue[order.id] = order
                else:
                    self._remember(order)
            if len(found) < _CHUNK or len(waiting) >= _CHUNK:
                break
        return Look(list(waiting.values()), list(overdue.values()))

    def _forget_all_but(self, still_open: Container[str]) -> None:
        self._ready = OrderedDict((i, at) for i, at in self._ready.items() if i in still_open)

    def _remember(self, ready: Order) -> None:
        self._ready[ready.id] = ready.since
        if len(self._ready) > _REMEMBERED:
            self._ready.popitem(last=False)
