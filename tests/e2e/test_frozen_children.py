"""A child that is frozen is replaced as if it had been killed; a machine that sleeps kills none."""

from __future__ import annotations

import asyncio
import contextlib
import json
import signal
import time
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import psutil
import pytest
import pytest_asyncio

from tests.chaos.processes import read_log
from tests.support.shop import RunningShop, open_shop
from tests.support.waiting import eventually, gone, until

pytestmark = [pytest.mark.timeout(240), pytest.mark.asyncio(loop_scope="module")]

LIMIT = 3
"""COFFEE_WATCHDOG_SECONDS here."""

REPLACED_WITHIN = LIMIT + 10
MODULES = ("shop.processes.counter", "shop.processes.emulator", "worker")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shop(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningShop]:
    """A shop that tests share: what they freeze in it is back for the next one."""
    async with open_shop(
        tmp_path_factory.mktemp("shop") / "var",
        None,
        COFFEE_WATCHDOG_SECONDS=str(LIMIT),
        COFFEE_BARISTAS="1",
        COFFEE_BREW_SPEED="0",
        COFFEE_VISIBILITY_TIMEOUT="4",
        COFFEE_LOG_FORMAT="json",
    ) as shop:
        yield shop


@pytest.mark.parametrize("module", MODULES)
async def test_a_frozen_child_is_replaced_and_every_order_becomes_ready(
    shop: RunningShop, module: str
) -> None:
    (child,) = shop.children(module)
    load = asyncio.create_task(shop.command("load", "--orders", "100", "--rate", "10", "--json"))
    async with httpx.AsyncClient(base_url=shop.url) as client:
        await until(lambda: has_placed(client, shop), 20)
    child.suspend()
    began = time.monotonic()
    await eventually(lambda: gone(child.pid), REPLACED_WITHIN)
    assert time.monotonic() - began >= LIMIT - 1
    status, printed = await load

    report = json.loads(printed)
    assert (status, report["placed"], report["ready"], report["lost"]) == (0, 100, 100, 0), printed
    assert len(shop.children(module)) == 1
    assert not_responding(shop)[-1] in (module.rpartition(".")[2], "barista-1")


def not_responding(shop: RunningShop) -> list[str]:
    """Read which children the supervisor says that it has killed, in order."""
    lines = read_log(shop.log)
    return [line["child"] for line in lines if line.get("event") == "child.not_responding"]


async def has_placed(client: httpx.AsyncClient, shop: RunningShop) -> bool:
    orders = (await client.get("/orders", params={"limit": 1}, headers=shop.staff)).json()
    return bool(orders["orders"])


async def test_a_supervisor_that_was_stopped_longer_than_that_kills_nobody(
    shop: RunningShop,
) -> None:
    """As on a laptop whose lid was closed; the children's reports wait in their pipes."""
    before = pids(shop)
    shop.process.send_signal(signal.SIGSTOP)
    await asyncio.sleep(2 * LIMIT)
    shop.process.send_signal(signal.SIGCONT)
    await asyncio.sleep(2)
    assert pids(shop) == before


async def test_a_whole_shop_that_was_frozen_longer_than_that_goes_on_with_its_children(
    shop: RunningShop,
) -> None:
    everything = [psutil.Process(shop.process.pid), *(p for m in MODULES for p in shop.children(m))]
    before = pids(shop)
    for process in everything:
        process.suspend()
    await asyncio.sleep(2 * LIMIT)
    for process in reversed(everything):
        process.resume()
    await asyncio.sleep(2)
    assert pids(shop) == before


async def test_a_busy_machine_kills_nobody(shop: RunningShop) -> None:
    before = pids(shop)
    async with busy(4):
        await asyncio.sleep(4 * LIMIT)
    assert pids(shop) == before


@contextlib.asynccontextmanager
async def busy(processes: int) -> AsyncIterator[None]:
    spinning = [
        await asyncio.create_subprocess_exec("python3", "-c", "while True: pass")
        for _ in range(processes)
    ]
    try:
        yield
    finally:
        for process in spinning:
            process.kill()
            await process.wait()


def pids(shop: RunningShop) -> list[int]:
    return [process.pid for module in MODULES for process in shop.children(module)]


async def test_a_watchdog_that_is_switched_off_leaves_a_frozen_child_to_its_debugger(
    tmp_path: Path,
) -> None:
    async with open_shop(tmp_path / "var", None, COFFEE_WATCHDOG_SECONDS="0") as shop:
        (worker,) = shop.children("worker")
        worker.suspend()
        await asyncio.sleep(LIMIT + 2)
        assert not gone(worker.pid)
        worker.resume()
        async with httpx.AsyncClient(base_url=shop.url) as client:
            await client.get("/healthz")
