"""The kitchen's view of the line: what is to be made, in the order in which to make it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from shared.domain.order import Order, OrderState, place_in_line
from shared.store.contract import OrderStore

MOST_READ = 500
"""How many orders are looked at: a remake is shown first if it is among them."""

_TO_MAKE = frozenset({OrderState.PLACED, OrderState.PREPARING})


@dataclass(frozen=True, slots=True)
class Line:
    """The first orders in line; `more` is whether others follow.

    `firsts` are the orders that its remakes are made for, by id, as far as they are on record.
    """

    orders: Sequence[Order]
    more: bool
    firsts: Mapping[str, Order]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kitchen:
    """Shows the orders that are placed or in hand."""

    store: OrderStore

    async def line(self, limit: int) -> Line:
        """List up to `limit` of them: remakes first, then by the time of their placing."""
        waiting = await self.store.open_orders(_TO_MAKE, MOST_READ, oldest_first=True)
        remade = {order.remake_of for order in waiting if order.remake_of is not None}
        found = await self.store.orders_by_id(remade) if remade else ()
        firsts = {first.id: first for first in found}
        line = in_line(waiting, {first.id: first.placed_at for first in found})
        more = len(line) > limit or len(waiting) == MOST_READ
        return Line(line[:limit], more, firsts)


def in_line(orders: Sequence[Order], placed_at: Mapping[str, dt.datetime]) -> list[Order]:
    """Sort orders as they should be made; `placed_at` is of the orders that remakes refer to."""
    return sorted(
        orders, key=lambda order: place_in_line(order, placed_at.get(order.remake_of or ""))
    )
