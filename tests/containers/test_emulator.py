"""The emulator is stopped or killed, and opened again: the orders are elsewhere."""

from __future__ import annotations

import pytest

from tests.support.containers import ContainerShop, orders_of, place

pytestmark = pytest.mark.timeout(300)


async def test_orders_outlive_an_emulator_that_is_stopped(shop: ContainerShop) -> None:
    before = await _ready_order(shop)
    await shop.compose("restart", "ministack")
    await shop.opens()
    await shop.ready([before], seconds=10)
    await _ready_order(shop)


async def test_a_shop_whose_emulator_was_killed_goes_on_by_itself_when_it_is_back(
    shop: ContainerShop,
) -> None:
    before = await _ready_order(shop)
    await shop.compose("kill", "ministack")
    await shop.compose("up", "-d", "--no-deps", "ministack")
    await shop.opens()
    await shop.ready([before], seconds=10)
    await _ready_order(shop)


async def _ready_order(shop: ContainerShop) -> str:
    async with shop.customers() as customers:
        await place(customers, orders_of("espresso", "single", 1, rate=1))
    (order,) = await shop.ready(customers.ledger.acknowledged, seconds=60)
    return str(order["id"])
