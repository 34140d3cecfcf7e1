"""An idle barista is asked to leave while it polls."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest

from tests.chaos.driver import POLL_SECONDS, open_chaos_shop
from tests.chaos.run import Run
from tests.support.faults.holds import Moment

pytestmark = pytest.mark.timeout(120)

LEAVES_WITHIN = POLL_SECONDS + 0.5
AT_ONCE_SECONDS = 0.5


async def test_an_idle_barista_leaves_within_a_poll_and_what_came_meanwhile_is_there_for_others(
    ministack: str, tmp_path: Path, run: Run
) -> None:
    async with open_chaos_shop(ministack, tmp_path, run.seed) as shop:
        (barista,) = shop.crew.baristas
        polling = barista.line.hold("ReceiveMessage", Moment.BEFORE)
        await polling.reached()
        polling.release()
        asked_at = time.monotonic()
        leaving = asyncio.create_task(barista.process.leave())
        await shop.customers.place_one()
        assert await leaving == 0
        assert time.monotonic() - asked_at < LEAVES_WITHIN
        left_at = time.monotonic()
        (ticket,) = await shop.queue.receive(1)
        assert time.monotonic() - left_at < AT_ONCE_SECONDS
        await shop.queue.extend(ticket, 0)
        await shop.crew.hire()
        await run.judged(shop, "SIGTERM when idle")
