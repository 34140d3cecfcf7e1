"""The emulator is away for a while: nothing counts, the counter says so, and work goes on after."""

from __future__ import annotations

import asyncio
import time
from http import HTTPStatus
from pathlib import Path

import pytest

from shared.domain.order import OrderState
from tests.chaos.driver import open_chaos_shop
from tests.chaos.evidence import Outage
from tests.chaos.run import LONG, Run
from tests.support.emulator import Emulator
from tests.support.waiting import eventually

pytestmark = pytest.mark.timeout(300 if LONG else 120)

SAYS_SO_WITHIN = 5
BACK_WITHIN = 10


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
