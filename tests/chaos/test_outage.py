"""The emulator is away for a while: nothing counts, the counter says so, and work goes on after."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path

import pytest
import pytest_asyncio

from shared.domain.order import OrderState
from shop.processes import emulator
from tests.chaos.driver import open_chaos_shop
from tests.chaos.evidence import Outage
from tests.chaos.run import LONG, Run
from tests.support.emulator import answers, free_port
from tests.support.waiting import eventually

pytestmark = pytest.mark.timeout(300 if LONG else 120)

SAYS_SO_WITHIN = 5
BACK_WITHIN = 10


@dataclass
class Emulator:
    """An emulator that keeps its state across a stop and a start."""

    port: int
    folder: Path
    process: asyncio.subprocess.Process | None = None

    @property
    def url(self) -> str:
        return emulator.endpoint_url(self.port)

    async def start(self) -> None:
        variables = {**os.environ, **emulator.environment(self.port, self.folder)}
        self.process = await asyncio.create_subprocess_exec(*emulator.COMMAND, env=variables)
        await answers(self.port)

    async def stop(self) -> None:
        if self.process is not None and self.process.returncode is None:
            self.process.terminate()
            async with asyncio.timeout(20):
                await self.process.wait()


@pytest_asyncio.fixture
async def own_emulator(tmp_path: Path) -> AsyncIterator[Emulator]:
    own = Emulator(free_port(), tmp_path / "emulator")
    await own.start()
    try:
        yield own
    finally:
        await own.stop()


async def test_no_order_counts_while_the_queue_is_away_and_work_goes_on_when_it_is_back(
    own_emulator: Emulator, tmp_path: Path, run: Run
) -> None:
    async with open_chaos_shop(
        own_emulator.url, tmp_path, run.seed, baristas=2, COFFEE_BREW_SPEED="200"
    ) as shop:
        before = asyncio.create_task(shop.customers.place_all(20, 20))
        await eventually(lambda: len(shop.ledger.acknowledged) >= 10)
        await own_emulator.stop()
        began = time.monotonic()
        during = asyncio.create_task(shop.customers.place_all(run.size(16, 60), 2))
        await shop.answers("/readyz", HTTPStatus.SERVICE_UNAVAILABLE, SAYS_SO_WITHIN)
        await shop.answers("/healthz", HTTPStatus.OK, 1)
        await asyncio.sleep(began + run.size(8, 30) - time.monotonic())
        shop.outages.append(Outage(began, time.monotonic()))
        await own_emulator.start()
        back_at = time.monotonic()
        await shop.answers("/readyz", HTTPStatus.OK, BACK_WITHIN)
        order = await shop.customers.place_one()
        await shop.reaches(order["id"], OrderState.READY, BACK_WITHIN)
        recovery = time.monotonic() - back_at
        assert recovery < BACK_WITHIN
        await asyncio.gather(before, during)
        evidence = await run.judged(shop, "emulator down", recovery)
        assert shop.ledger.statuses[503] > 0
        assert {order.state for order in evidence.orders} == {OrderState.READY}
