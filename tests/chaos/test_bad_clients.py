"""Customers are served beside 500 slow senders and impossible requests."""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from pathlib import Path

import psutil
import pytest
from yarl import URL

from shared.domain.order import OrderState
from shared.runtime.lifecycle import background_task
from tests.chaos.bad_clients import IMPOSSIBLE, Memory, SlowSenders, refused
from tests.chaos.driver import ChaosShop, open_chaos_shop
from tests.chaos.run import LONG, Run
from tests.support.waiting import eventually

pytestmark = pytest.mark.timeout(300 if LONG else 120)

CONNECTIONS = 500
CLOSED_WITHIN = 30
MOST_MEMORY = 50_000_000
"""Bytes that the counter may grow by: `docs/reliability.md` says what they consist of."""

ANSWERED_WITHIN = 2
"""Seconds for a customer to wait, on a machine that bad clients keep busy as well."""


@pytest.mark.parametrize("sent_at_once", [8, 30_000], ids=["8_bytes", "30_KB"])
async def test_customers_are_served_beside_500_slow_senders_and_impossible_requests(
    ministack: str, tmp_path: Path, run: Run, sent_at_once: int
) -> None:
    orders = run.size(40, 200)
    async with open_chaos_shop(ministack, tmp_path, run.seed, baristas=2) as shop:
        await shop.customers.place_all(20, 20)
        memory = Memory(psutil.Process(shop.counter.process.pid))
        before = memory.process.memory_info().rss
        url = await address_of(shop)
        slow = SlowSenders(url, sent_at_once)
        async with background_task(memory.watch(), "memory"), asyncio.TaskGroup() as group:
            for _ in range(CONNECTIONS):
                group.create_task(slow.send())
            await eventually(lambda: slow.sending == CONNECTIONS)
            group.create_task(shop.customers.place_all(orders, 10))
            for request, refusals in IMPOSSIBLE * run.size(5, 50):
                group.create_task(refused(url, request, refusals))
        evidence = await run.judged(shop, "bad clients and 500 slow senders")
        assert {order.state for order in evidence.orders} == {OrderState.READY}
        assert slow.answers.total() == CONNECTIONS
        assert slow.answers.keys() <= {"408", "503"}
        assert slow.longest < CLOSED_WITHIN
        assert shop.ledger.statuses.keys() == {HTTPStatus.CREATED}
        assert max(one.answered_at - one.sent_at for one in shop.ledger.replies) < ANSWERED_WITHIN
        assert memory.most - before < MOST_MEMORY


async def address_of(shop: ChaosShop) -> URL:
    """Return the counter's address."""
    async with shop.http.get("/healthz") as response:
        return response.url.origin()
