"""Ten times as many orders come as can be prepared."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import pytest

from shared.domain.order import Order, OrderState
from shared.runtime.clock import utc_now
from tests.chaos.driver import ChaosShop, open_chaos_shop
from tests.chaos.run import LONG, Run
from tests.chaos.waiting import until

pytestmark = pytest.mark.timeout(300 if LONG else 120)

BREW_SPEED = 250
ORDERS_PER_SECOND = 16
"""About what two baristas with four hands each can prepare at that speed."""

BACKLOG_LIMIT = 80
LEAST_OF_PEAK = 0.9


async def work_done(shop: ChaosShop, seconds: float) -> float:
    """Measure for a while how much preparation is finished in each second, in brewed seconds."""
    began = utc_now()
    await asyncio.sleep(seconds)
    page = await shop.store.page(OrderState.READY, 5000, None)
    return sum(_prepared_since(page.orders, began)) / BREW_SPEED / seconds


def _prepared_since(orders: Iterable[Order], began: dt.datetime) -> Iterable[int]:
    return (order.prep_seconds for order in orders if order.since >= began)


async def served(shop: ChaosShop, rate: float, seconds: float) -> float:
    """Measure the work done while so many customers come in each second, who ask once."""
    customers = asyncio.create_task(shop.customers.ask_all(int(rate * (seconds + 3)), rate))

    async def line_is_long() -> bool:
        return sum(await shop.queue.waiting_and_in_flight()) >= BACKLOG_LIMIT // 2

    await until(line_is_long, 30)
    done = await work_done(shop, seconds)
    await customers
    return done


async def test_ten_times_the_load_leaves_the_baristas_as_busy_as_before_and_tells_the_rest_so(
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
        seconds = run.size(8, 60)
        peak = await served(shop, 2 * ORDERS_PER_SECOND, 4)
        goodput = await served(shop, 10 * ORDERS_PER_SECOND, seconds)
        assert goodput >= LEAST_OF_PEAK * peak
        evidence = await run.judged(shop, "ten times the load")
        assert not any(told.is_improper for told in evidence.ledger.told)
        assert evidence.ledger.unanswered == Counter()
        assert evidence.ledger.statuses[503] > evidence.ledger.statuses[201]
