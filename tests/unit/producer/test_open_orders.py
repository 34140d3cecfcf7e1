"""Ready orders are read once, and those that wait are found behind however many of them."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Container, Sequence
from dataclasses import dataclass, field, replace

from producer.reconciling.open_orders import OpenOrders, Scan
from shared.domain.order import Order, OrderState
from tests.support.orders import NOON, an_order


@dataclass
class Shelf:
    """Open orders, the oldest first, how many were read each time, and what was known last."""

    orders: list[Order]
    read: list[int] = field(default_factory=list)
    known: Container[str] = ()

    async def oldest_open_orders(self, known: Container[str], limit: int) -> Sequence[Order]:
        self.known = known
        news = (order for order in self.orders if order.id not in known)
        found = list(itertools.islice(news, limit))
        self.read.append(len(found))
        return found


def ready() -> Order:
    return replace(an_order(), state=OrderState.READY)


async def test_those_that_wait_are_found_behind_many_that_are_ready() -> None:
    waiting = [an_order() for _ in range(3)]
    shelf = Shelf([*(ready() for _ in range(1200)), *waiting])
    open_orders = OpenOrders(shelf)

    assert await open_orders.scan(NOON) == Scan(waiting, [])
    assert sum(shelf.read) == 1203

    shelf.read.clear()
    assert await open_orders.scan(NOON) == Scan(waiting, [])
    assert shelf.read == [3]


async def test_of_very_many_that_wait_the_oldest_are_enough() -> None:
    shelf = Shelf([an_order() for _ in range(2000)])
    assert (await OpenOrders(shelf).scan(NOON)).waiting == shelf.orders[:500]
    assert shelf.read == [500]


async def test_ready_orders_are_read_again_when_they_are_overdue_if_they_are_still_there() -> None:
    collected, forgotten = ready(), ready()
    shelf = Shelf([collected, forgotten])
    open_orders = OpenOrders(shelf)
    assert await open_orders.scan(NOON) == Scan([], [])
    shelf.orders.remove(collected)
    shelf.read.clear()

    later = NOON + dt.timedelta(seconds=1)
    assert await open_orders.scan(later) == Scan([], [forgotten])
    assert shelf.read == [1]


async def test_ready_orders_that_are_collected_are_forgotten() -> None:
    collected, left = ready(), ready()
    shelf = Shelf([collected, left])
    open_orders = OpenOrders(shelf)
    await open_orders.scan(NOON)
    shelf.orders.remove(collected)

    for _ in range(2):
        await open_orders.scan(NOON)

    assert left.id in shelf.known
    assert collected.id not in shelf.known


async def test_ready_orders_are_not_forgotten_by_a_scan_that_did_not_reach_them() -> None:
    shelf = Shelf([ready()])
    open_orders = OpenOrders(shelf)
    await open_orders.scan(NOON)
    newer = [an_order() for _ in range(500)]
    shelf.orders[:0] = newer
    assert await open_orders.scan(NOON) == Scan(newer, [])

    del shelf.orders[:500]
    shelf.read.clear()
    assert await open_orders.scan(NOON) == Scan([], [])
    assert shelf.read == [0]


async def test_very_many_that_are_overdue_do_not_hide_those_that_wait() -> None:
    overdue, waiting = [ready() for _ in range(1100)], an_order()
    scan = await OpenOrders(Shelf([*overdue, waiting])).scan(NOON + dt.timedelta(seconds=1))
    assert scan == Scan([waiting], overdue)
