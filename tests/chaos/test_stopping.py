"""An idle barista is stopped while it polls."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest

from tests.chaos.driver import POLL_SECONDS, open_chaos_shop
from tests.chaos.run import Run
from tests.support.faults.holds import Moment

pytestmark = pytest.mark.timeout(120)

STOPS_WITHIN = POLL_SECONDS + 0.5
AT_ONCE_SECONDS = 0.5


async def test_an_idle_barista_stops_within_a_poll_and_leaves_a_new_ticket_visible(
    ministack: str, tmp_path: Path, run: Run
) -> None:
    async with open_chaos_shop(ministack, tmp_path, run.seed) as shop:
        (barista,) = shop.pool.baristas
        polling = barista.proxy.hold("ReceiveMessage", Moment.BEFORE)
        await polling.reached()
        polling.release()
        asked_at = time.monotonic()
        stopping = asyncio.create_task(barista.process.terminate())
        await shop.customers.place_one()
        assert await stopping == 0
        assert time.monotonic() - asked_at < STOPS_WITHIN
        stopped_at = time.monotonic()
        (ticket,) = await shop.queue.receive(1)
        assert time.monotonic() - stopped_at < AT_ONCE_SECONDS
        await shop.queue.extend(ticket, 0)
        await shop.pool.start_one()
        await run.judged(shop, "SIGTERM when idle")
