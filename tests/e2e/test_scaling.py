"""Real shops under load: baristas come and go as simulated, and nobody leaves an order."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sqlite3
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
import pytest_asyncio

from benchmarks.scaling.checks import differences
from benchmarks.scaling.loads import arrivals, step
from benchmarks.scaling.real import RealRun
from benchmarks.scaling.simulation import Setup, simulate
from shop.processes.programs import heartbeat_name
from shop.scaling.autoscaler import ScalingPolicy
from shop.scaling.control_client import ask
from shop.scaling.control_messages import ScaleRequest
from shop.scaling.target import BaristaRange
from tests.support.shop import RunningShop, open_shop
from tests.support.waiting import eventually

pytestmark = [pytest.mark.timeout(90), pytest.mark.asyncio(loop_scope="module")]

IN_QUICK_MOTION = {
    "COFFEE_BREW_SPEED": "50",
    "COFFEE_WORKER_CONCURRENCY": "1",
    "COFFEE_SCALING_TICK": "0.1",
    "COFFEE_GRACE_SECONDS": "0",
}
"""One hot chocolate takes a second, a barista makes one at a time, and a calm one leaves soon."""

SETUP = Setup(
    ScalingPolicy(BaristaRange(1, 3), acceptable_wait=2),
    concurrency=4,
    tick=0.5,
    start_seconds=2.0,
    between_seconds=0.1,
)
STEP = step(0.5, 15, since=1, until=4)
STEP_SECONDS, PREP_SECONDS = 27.5, 1.0


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shop(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningShop]:
    """A shop that tests share, each of which has it as it needs it by `have`."""
    folder = tmp_path_factory.mktemp("shop") / "var"
    async with open_shop(folder, None, COFFEE_BARISTAS="1..3", **IN_QUICK_MOTION) as shop:
        yield shop


async def has(shop: RunningShop, working: int) -> None:
    """Ask the shop until it has so many baristas, and check I12 in every answer."""
    async with asyncio.timeout(30):
        while True:
            status = await ask(shop.folder, ScaleRequest())
            assert status.least <= status.working + status.leaving <= 3
            if (status.working, status.leaving) == (working, 0):
                return
            await asyncio.sleep(0.05)


async def have(shop: RunningShop, count: int) -> None:
    await ask(shop.folder, ScaleRequest(least=count, most=count))
    await has(shop, count)


async def place(shop: RunningShop, *chocolates: int) -> None:
    """Place orders at once, each of so many hot chocolates."""
    async with httpx.AsyncClient(base_url=shop.url, headers=shop.staff, timeout=20) as client:

        async def order(count: int) -> int:
            dozens = [12] * (count // 12) + [count % 12] * bool(count % 12)
            lines = [
                {"item": "hot-chocolate", "size": "large", "quantity": quantity}
                for quantity in dozens
            ]
            body = {"customer_name": "Ada", "items": lines}
            return (await client.post("/orders", json=body)).status_code

        assert {*await asyncio.gather(*(order(count) for count in chocolates))} == {201}


def recorded(shop: RunningShop, question: str) -> list[tuple[Any, ...]]:
    with contextlib.closing(sqlite3.connect(shop.folder / "orders.sqlite3")) as connection:
        return connection.execute(question).fetchall()


async def record_shows(
    shop: RunningShop, question: str, as_wanted: Callable[[list[tuple[Any, ...]]], bool]
) -> None:
    async with asyncio.timeout(30):
        while not as_wanted(recorded(shop, question)):  # noqa: ASYNC110 - as eventually
            await asyncio.sleep(0.05)


ORDERS = "SELECT DISTINCT state, attempt FROM orders"
PREPARING = "SELECT id FROM orders WHERE state = 'preparing'"
BUSY = "SELECT barista FROM shifts WHERE in_hand > 0"


async def test_under_a_step_of_load_baristas_come_and_go_as_simulated(tmp_path: Path) -> None:
    due = arrivals(STEP, STEP_SECONDS)
    simulated = simulate(SETUP, [(at, PREP_SECONDS) for at in due], STEP_SECONDS)
    run = RealRun(SETUP, PREP_SECONDS, due, STEP_SECONDS)

    async with open_shop(tmp_path / "var", None, **run.environment) as shop:
        real = await run.watch_in(shop)
        status = await ask(shop.folder, ScaleRequest())
        left = recorded(shop, ORDERS)

    assert differences(simulated, real, SETUP.policy.range) == []
    assert {point.workers for point in real} == {1, 2, 3}
    assert status.prep_seconds == pytest.approx(PREP_SECONDS, abs=0.5)
    assert {attempt for state, attempt in left if state == "ready"} == {1}


async def test_baristas_are_sent_away_and_called_back_under_load_and_finish_what_they_have_begun(
    shop: RunningShop,
) -> None:
    await have(shop, 3)
    await place(shop, *[1] * 12)
    await record_shows(shop, PREPARING, lambda orders: len(orders) == 3)

    sent_away = await ask(shop.folder, ScaleRequest(least=1, most=1))

    assert (sent_away.working, sent_away.leaving) == (1, 2)
    await has(shop, 1)
    await have(shop, 3)
    await record_shows(shop, ORDERS, lambda orders: orders == [("ready", 1)])


async def test_the_barista_with_an_order_stays_and_the_idle_one_leaves_though_it_came_first(
    tmp_path: Path,
) -> None:
    first, second = heartbeat_name("barista-1"), heartbeat_name("barista-2")
    async with open_shop(
        tmp_path / "var",
        None,
        COFFEE_BARISTAS="1..3",
        COFFEE_VISIBILITY_TIMEOUT="120",  # what the first one loses is not found again meanwhile
        **IN_QUICK_MOTION,
    ) as shop:
        await place(shop, 60)
        await record_shows(shop, PREPARING, lambda orders: len(orders) == 1)
        await have(shop, 2)
        await place(shop, 60)
        await record_shows(shop, PREPARING, lambda orders: len(orders) == 2)
        min(shop.children("worker"), key=psutil.Process.create_time).kill()
        await record_shows(shop, BUSY, lambda busy: busy == [(second,)])

        await ask(shop.folder, ScaleRequest(least=1))

        await has(shop, 1)
        assert (first,) not in recorded(shop, "SELECT barista FROM shifts")


async def test_a_barista_that_dies_is_not_at_work_and_is_replaced_at_once(
    shop: RunningShop,
) -> None:
    await have(shop, 2)
    before = await ask(shop.folder, ScaleRequest())

    async with asyncio.timeout(20):
        # The pause before a restart grows with every death.
        while (await ask(shop.folder, ScaleRequest())).working == 2:
            for barista in shop.children("worker")[:1]:
                with contextlib.suppress(psutil.NoSuchProcess):
                    barista.kill()

    async with asyncio.timeout(20):
        while (await ask(shop.folder, ScaleRequest())).working < 2:  # noqa: ASYNC110 - as eventually
            await asyncio.sleep(0.05)
    after = await ask(shop.folder, ScaleRequest())
    assert (after.desired, after.last_change) == (2, before.last_change)


async def test_the_command_shows_and_sets_it(shop: RunningShop) -> None:
    await have(shop, 1)
    code, shown = await shop.command("scale")
    assert code == 0
    assert "1 at work, 0 leaving" in shown
    assert "1, of 1 to 1" in shown

    code, output = await shop.command("scale", "--max", "3", "--min", "3", "--json")
    assert code == 0
    assert json.loads(output)["working"] == 3
    await eventually(lambda: len(shop.children("worker")) == 3)  # the answer precedes their exec

    code, _ = await shop.command("scale", "--desired", "1")
    assert code == 1
