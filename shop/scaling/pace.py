"""How long orders take, measured on those that were prepared lately."""

from __future__ import annotations

import datetime as dt
import statistics
from collections.abc import Iterable, Sequence

from shared.domain.menu import Menu
from shared.domain.order import Order, OrderState

ENOUGH = 5
"""Of fewer orders the mean says too little."""


def measured_seconds(orders: Iterable[Order], since: dt.datetime) -> float | None:
    """Take the mean time from preparing to ready, of orders ready since then; none of too few.

    Orders that passed from a barista to another are left out: part of that time nobody worked.
    """
    times = [seconds for order in orders for seconds in _preparation(order, since)]
    return statistics.fmean(times) if len(times) >= ENOUGH else None


def typical_seconds(menu: Menu, brew_speed: float) -> float:
    """Take the mean over the menu, as long as nothing was measured; 0 where nobody waits."""
    mean = statistics.fmean(item.prep_seconds for item in menu.items)
    return mean / brew_speed if brew_speed else 0.0


def _preparation(order: Order, since: dt.datetime) -> Sequence[float]:
    begun, ready = order.reached(OrderState.PREPARING), order.reached(OrderState.READY)
    if begun is None or ready is None or ready < since or order.attempt != 1:
        return []
    return [(ready - begun).total_seconds()]
