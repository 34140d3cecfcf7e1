"""Baristas are killed, stopped, and started, at random moments and under load."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest

from shared.domain.order import OrderState
from tests.chaos.barista_pool import Barista
from tests.chaos.driver import VISIBILITY_SECONDS, ChaosShop, open_chaos_shop
from tests.chaos.run import LONG, Run
from tests.support.waiting import eventually

pytestmark = pytest.mark.timeout(1800 if LONG else 300)

SECONDS_BETWEEN_KILLS = 1.0
TAKEN_UP_WITHIN = VISIBILITY_SECONDS + 5
"""Seconds from a kill -9 until another barista has the ticket."""


async def kill_at_random_moments(shop: ChaosShop, kills: int, draw: random.Random) -> None:
    for _ in range(kills):
        await asyncio.sleep(draw.uniform(0.5, 1.5) * SECONDS_BETWEEN_KILLS)
        await shop.pool.kill_one()


async def test_no_order_is_lost_or_made_twice_when_baristas_are_killed_at_random_moments(
    ministack: str, tmp_path: Path, run: Run
) -> None:
    orders = run.size(800, 2000, "COFFEE_CHAOS_ORDERS")
    kills = run.size(20, 50, "COFFEE_CHAOS_KILLS")
    async with open_chaos_shop(
        ministack, tmp_path, run.seed, baristas=4, COFFEE_BREW_SPEED="600"
    ) as shop:
        await asyncio.gather(
            shop.customers.place_all(orders, orders / (kills * SECONDS_BETWEEN_KILLS)),
            kill_at_random_moments(shop, kills, random.Random(run.seed)),
        )
        evidence = await run.judged(shop, "kill -9 of baristas at random moments")
        assert len(evidence.ledger.acknowledged) == orders
        assert Counter(order.state for order in evidence.orders) == {OrderState.READY: orders}
        assert shop.pool.recovery_seconds() <= TAKEN_UP_WITHIN


async def test_a_barista_that_is_stopped_in_mid_preparation_finishes_its_orders_first(
    ministack: str, tmp_path: Path, run: Run
) -> None:
    async with open_chaos_shop(ministack, tmp_path, run.seed, COFFEE_BREW_SPEED="30") as shop:
        orders = [await shop.customers.place_one() for _ in range(3)]
        for order in orders:
            await shop.reaches(order["id"], OrderState.PREPARING)
        (barista,) = shop.pool.baristas
        assert await barista.process.terminate() == 0
        assert [(await shop.order(order["id"])).state for order in orders] == ["ready"] * 3
        evidence = await run.judged(shop, "SIGTERM in mid-preparation")
        assert evidence.duplicate_deliveries == 0


async def test_scaling_from_four_to_one_and_back_under_load_prepares_nothing_twice(
    ministack: str, tmp_path: Path, run: Run
) -> None:
    orders = run.size(120, 600)
    async with open_chaos_shop(
        ministack, tmp_path, run.seed, baristas=4, COFFEE_BREW_SPEED="200"
    ) as shop:
        customers = asyncio.create_task(shop.customers.place_all(orders, 15))
        for _ in range(run.size(1, 5)):
            await replace_at_once(shop, shop.pool.baristas[-3:])
        await customers
        evidence = await run.judged(shop, "scale 4 → 1 → 4 under load")
        assert {order.attempt for order in evidence.orders} == {1}
        assert evidence.duplicate_deliveries == handed_back(shop)


async def replace_at_once(shop: ChaosShop, ending: Sequence[Barista]) -> None:
    """Stop baristas while each has an order in hand, and start others in their place."""
    seen = shop.witness.seen
    await eventually(lambda: all(seen.in_hand(one.name, one.since) for one in ending), 30)
    assert await asyncio.gather(*(one.process.terminate() for one in ending)) == [0] * len(ending)
    await asyncio.gather(*map(shop.pool.replace, ending))


def handed_back(shop: ChaosShop) -> int:
    """Count the tickets that a last poll brought, and that were handed back unstarted."""
    return sum(line.get("event") == "message.handed_back" for line in shop.launcher.logs())
