"""Ten times as many orders come as can be prepared."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections import Counter
from pathlib import Path

import pytest

from shared.clock import utc_now
from shared.domain.order import Order, OrderState
from tests.chaos.driver import ChaosShop, open_chaos_shop
from tests.chaos.run import LONG, Run
from tests.support.waiting import until

pytestmark = pytest.mark.timeout(300 if LONG else 120)

BREW_SPEED = 60
ORDERS_PER_SECOND = 4.5
"""About what two baristas with four hands each can prepare at that speed."""

BACKLOG_LIMIT = 24
LEAST_OF_PEAK = 0.9


async def served(shop: ChaosShop, rate: float, seconds: float) -> float:
    """Measure what is prepared while so many customers come in each second, who ask once.

    It is in seconds of preparation per second: of as many hands as there are, those at work.
    """
    customers = asyncio.create_task(shop.customers.ask_all(int(rate * (seconds + 3)), rate))

    async def backlog_is_long() -> bool:
        return sum(await shop.queue.waiting_and_in_flight()) >= BACKLOG_LIMIT // 2

    await until(backlog_is_long, 30)
    began = utc_now()
    await asyncio.sleep(seconds)
    ended = utc_now()
    await customers
    await shop.comes_to_rest(60)
    orders = (await shop.store.page(OrderState.READY, 10_000, None)).orders
    return sum(prepared_in(order, began, ended) for order in orders) / seconds


def prepared_in(order: Order, began: dt.datetime, ended: dt.datetime) -> float:
    """Say how many seconds of an order's preparation fell into a time."""
    start, end = (order.reached(state) for state in (OrderState.PREPARING, OrderState.READY))
    assert start is not None
    assert end is not None
    inside = (min(end, ended) - max(start, began)) / (end - start)
    return max(0.0, inside) * order.prep_seconds / BREW_SPEED


async def test_ten_times_the_load_leaves_the_baristas_as_busy_as_before_and_asks_the_rest_to_retry(
    ministack: str, tmp_path: Path, run: Run
) -> None:
    async with open_chaos_shop(
        ministack,
        tmp_path,
        run.seed,
        baristas=2,
        COFFEE_BREW_SPEED=str(BREW_SPEED),
        COFFEE_BACKLOG_LIMIT=str(BACKLOG_LIMIT),
    ) as shop:
        peak = await served(shop, 2 * ORDERS_PER_SECOND, 4)
        goodput = await served(shop, 10 * ORDERS_PER_SECOND, run.size(8, 60))
        assert goodput >= LEAST_OF_PEAK * peak
        evidence = await run.judged(shop, "ten times the load")
        assert not any(reply.is_improper for reply in evidence.ledger.replies)
        assert evidence.ledger.unanswered == Counter()
        assert evidence.ledger.statuses[503] > 2 * evidence.ledger.statuses[201]
