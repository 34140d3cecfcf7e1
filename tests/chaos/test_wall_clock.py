"""The wall clock of every service jumps an hour ahead, and then to an hour behind."""

from __future__ import annotations

import asyncio
import datetime as dt
from pathlib import Path

import pytest

from shared.clock import utc_now
from shared.domain.order import OrderState
from tests.chaos.driver import VISIBILITY_SECONDS, ChaosShop, open_chaos_shop
from tests.chaos.run import LONG, Run
from tests.chaos.wall_clock import WallClock, needs_faketime
from tests.support.waiting import eventually

pytestmark = [pytest.mark.timeout(300 if LONG else 120), needs_faketime]

HOUR = 3600
TAKEN_UP_WITHIN = VISIBILITY_SECONDS + 5
"""Seconds from a kill -9 until another barista has the ticket."""

SEES_AN_EMPTY_LINE_WITHIN = 3
"""Seconds; the counter samples the queue every second, and believes two samples."""


async def hours_ahead(shop: ChaosShop) -> float:
    """Place an order, and return by how much its time differs from ours."""
    order = await shop.customers.place_one()
    return (dt.datetime.fromisoformat(order["placed_at"]) - utc_now()).total_seconds() / HOUR


async def test_leases_and_orders_hold_when_the_wall_clock_jumps_an_hour_either_way(
    ministack: str, tmp_path: Path, run: Run
) -> None:
    clock = WallClock(tmp_path / "clock")
    clock.jump(0)
    few = run.size(12, 120)
    async with open_chaos_shop(
        ministack,
        tmp_path,
        run.seed,
        baristas=2,
        COFFEE_BREW_SPEED="100",
        COFFEE_ORDER_SECONDS="2",
        COFFEE_RECONCILE_SECONDS="0.5",
        **clock.variables(),
    ) as shop:
        customers = asyncio.create_task(shop.customers.place_all(few, 5))
        await eventually(lambda: len(shop.ledger.acknowledged) >= few // 2, 30)
        clock.jump(HOUR)
        assert await hours_ahead(shop) == pytest.approx(1, abs=0.01)
        await shop.pool.kill_one()
        await customers
        await shop.comes_to_rest(30)
        await asyncio.sleep(SEES_AN_EMPTY_LINE_WITHIN)

        customers = asyncio.create_task(shop.customers.place_all(2 * few, 20))
        await eventually(lambda: len(shop.ledger.acknowledged) >= 2 * few, 30)
        clock.jump(-HOUR)
        assert await hours_ahead(shop) == pytest.approx(-1, abs=0.01)
        await customers
        evidence = await run.judged(shop, "wall clock an hour ahead, then an hour behind")
        assert {order.state for order in evidence.orders} == {OrderState.READY}
        assert shop.pool.recovery_seconds() <= TAKEN_UP_WITHIN
        (kill,) = shop.pool.kills
        assert sum(order.attempt - 1 for order in evidence.orders) <= len(kill.message_ids)
        # A round of the reconciler that the jump falls into may take tickets for lost; no other.
        rounds = [line for line in shop.counter.lines() if line.get("event") == "tickets.lost"]
        assert len(rounds) <= 1
