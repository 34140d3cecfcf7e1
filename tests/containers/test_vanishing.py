"""Containers are killed at work: acknowledged orders are kept."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import aiohttp
import pytest

from shop.load.plan import PlannedOrder
from tests.support.containers import (
    SLOTS,
    ContainerShop,
    nobody_was_refused_twice,
    orders_keep_coming,
    orders_of,
    until,
)
from tests.support.web import AS_STAFF

pytestmark = pytest.mark.timeout(300)

TAKEN_UP_SECONDS = 90
"""A killed container's messages stay hidden, and its claims hold, for 10 s or 30 s."""

KEY = "Idempotency-Key"
Answer = tuple[int, str | None]
"""The status, and Retry-After."""


async def test_no_order_is_lost_when_containers_are_killed_under_load(shop: ContainerShop) -> None:
    await shop.scale(worker=3, producer=2)
    full_house = orders_of("latte", "large", 5 * SLOTS, rate=1000, quantity=3)
    steady = orders_of("latte", "large", 1000, rate=1, quantity=3)

    async with shop.attempts() as attempts, shop.customers() as customers:

        async def all_workers_are_busy() -> bool:
            return await shop.preparing(customers.ledger.acknowledged) > 2 * SLOTS

        async with orders_keep_coming(customers, [*full_house, *steady]):
            await until(all_workers_are_busy, 30)
            for service in ("worker", "producer"):
                await shop.kill((await shop.containers(service))[0])
        ledger = customers.ledger
        taken = await attempts.of(ledger.acknowledged, TAKEN_UP_SECONDS)
    assert 1 <= sum(attempt > 1 for attempt in taken) <= SLOTS
    names = {attempt.customer_name for attempt in ledger.attempts}
    assert sorted(await shop.recorded(names)) == sorted(names)
    assert nobody_was_refused_twice(ledger)


@pytest.mark.parametrize("dies", [False, True])
async def test_a_cashier_that_hangs_or_dies_with_a_request_costs_time_or_a_retry(
    shop: ContainerShop, *, dies: bool
) -> None:
    await shop.scale(producer=2)
    frozen = (await shop.containers("producer"))[0]
    await shop.execute(frozen, "sh", "-c", "kill -STOP $(cat /proc/1/task/1/children)")
    try:
        asking = asyncio.create_task(_answers(shop, orders := orders_of("tea", "small", 40, 20)))
        if dies:
            await asyncio.sleep(3)  # the frozen one does not answer
            await shop.kill(frozen)
        answers = await asking
    finally:
        if not dies:
            await shop.kill(frozen)
    with_key, without = answers[::2], answers[1::2]
    assert set(with_key) == {(201, None)}
    assert set(without) == {(201, None), (503, "10")}
    names = {order.body["customer_name"] for order in orders}
    assert len(await shop.recorded(names)) == answers.count((201, None))


async def _answers(shop: ContainerShop, planned: Sequence[PlannedOrder]) -> Sequence[Answer]:
    """Ask once for each order when it is due, for every second one under its key."""
    async with aiohttp.ClientSession(shop.url, headers=AS_STAFF) as http:

        async def ask(order: PlannedOrder, headers: dict[str, str]) -> Answer:
            await asyncio.sleep(order.due)
            async with http.post("/orders", json=order.body, headers=headers) as response:
                return response.status, response.headers.get("Retry-After")

        async with asyncio.TaskGroup() as group:
            asking = [
                group.create_task(ask(order, {} if number % 2 else {KEY: order.key}))
                for number, order in enumerate(planned)
            ]
        return [task.result() for task in asking]
