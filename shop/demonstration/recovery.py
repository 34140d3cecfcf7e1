"""When the shop worked again after a fault, by its orders: not when its processes ran again."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Sequence

from shared.aws.clients import aws_clients
from shared.clock import utc_now
from shared.domain.order import Order, OrderState
from shared.store.contract import OrderStore
from shared.store.factory import open_store
from shop.settings import ShopSettings

_LOOK_SECONDS = 0.25
_LONGEST_SECONDS = 90.0
"""A claim of the longest visibility timeout that is usual, and a start."""

_MOST_WATCHED = 500
_WAITING = (OrderState.PLACED, OrderState.PREPARING)


async def worked_again(settings: ShopSettings, since: dt.datetime) -> dt.datetime | None:
    """Wait until the next order since then was begun, and return when that was.

    None where no order waits, or none was begun in time. Raises UnavailableError.
    """
    async with (
        aws_clients(settings) as clients,
        open_store(settings, clients.dynamodb, utc_now) as store,
    ):
        return await _next_work(store, since)


async def _next_work(store: OrderStore, since: dt.datetime) -> dt.datetime | None:
    watched: dict[str, None] = {}
    until = asyncio.get_running_loop().time() + _LONGEST_SECONDS
    while asyncio.get_running_loop().time() < until:
        waiting = await store.open_orders(_WAITING, _MOST_WATCHED, oldest_first=True)
        for order in waiting[: _MOST_WATCHED - len(watched)]:
            watched[order.id] = None
        orders = await store.orders_by_id([*watched])
        if (at := next_work(orders, since)) or not waiting:
            return at
        await asyncio.sleep(_LOOK_SECONDS)
    return None


def next_work(orders: Sequence[Order], since: dt.datetime) -> dt.datetime | None:
    """Return when the first of the orders was begun since then.

    Where none waits to be begun, it is when the first of them became ready: a barista who takes
    an order over begins it no second time.
    """
    if begun := _reached(orders, OrderState.PREPARING, since):
        return min(begun)
    is_waiting = any(order.state is OrderState.PLACED for order in orders)
    ready = [] if is_waiting else _reached(orders, OrderState.READY, since)
    return min(ready, default=None)


def _reached(orders: Sequence[Order], state: OrderState, since: dt.datetime) -> list[dt.datetime]:
    return [
        entry.at
        for order in orders
        for entry in order.timeline
        if entry.state is state and entry.at >= since
    ]
