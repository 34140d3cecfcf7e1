"""Containers come and go while orders are placed: more prepare more, and no order is lost."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import partial
from typing import Any

import pytest

from tests.support.containers import (
    SLOTS,
    ContainerShop,
    at,
    nobody_was_refused_twice,
    orders_keep_coming,
    orders_of,
    place,
    until,
)
from tests.support.ledger import Ledger

pytestmark = pytest.mark.timeout(300)

ORDERS = 300
STEADY = orders_of("latte", "large", 5 * ORDERS, rate=8)
"""More orders than come during a test; each is being prepared for 1.5 s."""


async def test_no_order_is_lost_while_workers_and_producers_come_and_go(
    shop: ContainerShop,
) -> None:
    await shop.scale(worker=1, producer=1)
    async with shop.attempts() as attempts, shop.customers() as customers:
        async with orders_keep_coming(customers, STEADY):
            await shop.scale(worker=4, producer=2)
            await until(partial(_more_are_prepared_than_two_can, shop, customers.ledger), 30)
            async with asyncio.TaskGroup() as group:
                group.create_task(shop.scale(worker=2))
                group.create_task(_replace_a_producer(shop))
            await until(partial(_has_placed_enough, customers.ledger), 60)
        ledger = customers.ledger
        assert set(await attempts.of(ledger.acknowledged, seconds=120)) == {1}
    names = {attempt.customer_name for attempt in ledger.attempts}
    assert sorted(await shop.recorded(names)) == sorted(names)
    assert nobody_was_refused_twice(ledger)


async def _has_placed_enough(ledger: Ledger) -> bool:
    return len(ledger.acknowledged) >= ORDERS


async def _replace_a_producer(shop: ContainerShop) -> None:
    await shop.stop((await shop.containers("producer"))[0])
    await shop.scale(producer=2)


async def _more_are_prepared_than_two_can(shop: ContainerShop, ledger: Ledger) -> bool:
    return await shop.preparing(ledger.acknowledged) > 2 * SLOTS


async def test_four_workers_prepare_more_than_three_times_what_one_does(
    shop: ContainerShop,
) -> None:
    four, one = await _throughput(shop, 4), await _throughput(shop, 1)
    assert four / one >= 3.2


async def _throughput(shop: ContainerShop, workers: int) -> float:
    """Measure how many orders become ready in a second while every slot has work.

    Each takes 6 s to prepare, far longer than all that is done about it on a busy machine.
    """
    await shop.scale(worker=workers)
    planned = orders_of("latte", "large", 3 * SLOTS * workers, rate=1000, quantity=4)
    async with shop.customers() as customers:
        await place(customers, planned)
    orders = await shop.ready(customers.ledger.acknowledged, seconds=90)
    return _steady_rate(orders, SLOTS * workers)


def _steady_rate(orders: Sequence[Any], slots: int) -> float:
    """Count from the moment when all slots are taken until some have no more work."""
    begun = sorted(at(order, "preparing_at") for order in orders)
    ready = sorted(at(order, "ready_at") for order in orders)
    start, end = begun[slots - 1], begun[-1]
    return sum(start < moment <= end for moment in ready) / (end - start)
