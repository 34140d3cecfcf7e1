"""Containers come and go while orders are placed: more of them get more done, and none is lost."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from tests.support.containers import ContainerShop, at, orders_of, place

pytestmark = pytest.mark.timeout(300)

SLOTS = 4
"""COFFEE_WORKER_CONCURRENCY of a worker in docker-compose.yml, which is the default."""


async def test_no_order_is_lost_while_workers_and_producers_come_and_go(
    shop: ContainerShop,
) -> None:
    planned = orders_of("espresso", "single", 300, rate=10)
    await shop.scale("worker", 1)
    async with shop.customers() as customers:
        placing = asyncio.create_task(place(customers, planned))
        await shop.scale("worker", 4)
        await shop.scale("producer", 2)
        await shop.stop((await shop.containers("producer"))[0])
        await shop.scale("producer", 2)
        await shop.scale("worker", 2)
        await placing
    ledger = customers.ledger
    await shop.ready(ledger.acknowledged, seconds=60)
    assert len(ledger.acknowledged) == len(planned)
    names = [order.body["customer_name"] for order in planned]
    assert sorted(await shop.recorded(names)) == names
    assert not ledger.unanswered


async def test_four_workers_prepare_more_than_three_times_what_one_does(
    shop: ContainerShop,
) -> None:
    four, one = await _throughput(shop, 4), await _throughput(shop, 1)
    assert four / one >= 3.2


async def _throughput(shop: ContainerShop, workers: int) -> float:
    """Measure how many orders become ready in a second while every slot has work.

    Each takes 4.5 s to prepare, far longer than all that is done about it on a busy machine.
    """
    await shop.scale("worker", 0)
    planned = orders_of("latte", "large", 5 * SLOTS * workers, rate=1000, quantity=3)
    async with shop.customers() as customers:
        await place(customers, planned)
    await shop.scale("worker", workers)
    orders = await shop.ready(customers.ledger.acknowledged, seconds=90)
    return _steady_rate(orders, SLOTS * workers)


def _steady_rate(orders: Sequence[Any], slots: int) -> float:
    """Count between the moment when all slots are taken first, and when some find nothing more."""
    begun = sorted(at(order, "preparing_at") for order in orders)
    ready = sorted(at(order, "ready_at") for order in orders)
    start, end = begun[slots - 1], begun[-1]
    return sum(start < moment <= end for moment in ready) / (end - start)
