"""While the queue or the store is unavailable no order counts, and every answer comes in time."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sqlite3
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from producer.settings import CashierSettings
from tests.support.cashier import Answered, ServedCashier, new_key, open_cashier, settings_for
from tests.support.link import Link, link_to

pytestmark = pytest.mark.asyncio(loop_scope="module")

ORDER_SECONDS = 1.0
IN_TIME = ORDER_SECONDS + 1
BACK_WITHIN_SECONDS = 10
AT_ONCE = 20


@pytest_asyncio.fixture(loop_scope="module")
async def link(ministack: str) -> AsyncIterator[Link]:
    """The link through which the cashier reaches its queue."""
    async with link_to(ministack) as link:
        yield link


@pytest.fixture
def settings(ministack: str, tmp_path: Path) -> CashierSettings:
    return settings_for(ministack, tmp_path, order_seconds=ORDER_SECONDS)


@pytest_asyncio.fixture(loop_scope="module")
async def cashier(settings: CashierSettings, link: Link) -> AsyncIterator[ServedCashier]:
    async with open_cashier(settings, through=str(link.url)) as cashier:
        yield cashier


def assert_unavailable(refused: Answered) -> None:
    assert refused.problem == (503, "/problems/unavailable")
    assert int(refused.headers["Retry-After"]) > 0


async def place_at_last(cashier: ServedCashier, key: str) -> Answered:
    """Place an order as a client does that tries again, for as long as the shop may take."""
    async with asyncio.timeout(BACK_WITHIN_SECONDS):
        while (answer := await cashier.place(key=key)).status == 503:
            pass
    return answer


async def break_link(link: Link, how: str) -> None:
    if how == "cut":
        await link.cut()
    else:
        link.silence()


async def mend_link(link: Link, how: str) -> None:
    if how == "cut":
        await link.connect()
    else:
        link.resume()


@pytest.mark.parametrize("how", ["cut", "silent"])
async def test_without_the_queue_no_order_counts_until_it_is_sent_again(
    cashier: ServedCashier, link: Link, how: str
) -> None:
    key = new_key()
    await break_link(link, how)
    began = time.monotonic()
    refused = await cashier.place(key=key)
    assert time.monotonic() - began < IN_TIME
    assert_unavailable(refused)
    await mend_link(link, how)
    placed = await place_at_last(cashier, key)
    assert (placed.status, placed.body["number"]) == (200, "001")
    assert placed.headers["Idempotent-Replayed"] == "true"
    assert len(await cashier.tickets(placed.body["id"])) >= 1
    assert len((await cashier.staff("GET", "/orders")).body["orders"]) == 1


@pytest.mark.parametrize("how", ["cut", "silent"])
async def test_many_orders_at_once_are_all_answered_in_time(
    cashier: ServedCashier, link: Link, how: str
) -> None:
    keys = [new_key() for _ in range(AT_ONCE)]
    await break_link(link, how)
    began = time.monotonic()
    # Twice each: the second waits for the first.
    refused = await asyncio.gather(*(cashier.place(key=key) for key in keys * 2))
    assert time.monotonic() - began < IN_TIME
    for answer in refused:
        assert_unavailable(answer)
    await mend_link(link, how)
    placed = await asyncio.gather(*(place_at_last(cashier, key) for key in keys))
    assert [answer.status for answer in placed] == [200] * AT_ONCE
    queued = {json.loads(ticket.body)["order_id"] for ticket in await cashier.take_tickets()}
    assert queued == {answer.body["id"] for answer in placed}


async def test_without_the_queue_reads_still_work_and_readiness_fails(
    cashier: ServedCashier, link: Link
) -> None:
    placed = await cashier.place()
    await link.cut()
    assert (await cashier.ask("GET", "/healthz")).status == 200
    assert (await cashier.ask("GET", "/menu")).status == 200
    assert (await cashier.ask("GET", placed.headers["Location"])).status == 200
    not_ready = await cashier.ask("GET", "/readyz")
    assert_unavailable(not_ready)
    assert "orders queue" in not_ready.body["detail"]
    await link.connect()
    async with asyncio.timeout(BACK_WITHIN_SECONDS):
        while (await cashier.ask("GET", "/readyz")).status == 503:
            pass


async def test_an_order_can_be_canceled_while_it_cannot_be_announced(
    cashier: ServedCashier, link: Link
) -> None:
    placed = await cashier.place()
    link.silence()
    began = time.monotonic()
    canceled = await cashier.ask("POST", f"{placed.headers['Location']}/cancel")
    assert time.monotonic() - began < 5
    link.resume()
    assert (canceled.status, canceled.body["state"]) == (200, "canceled")


@contextlib.contextmanager
def file_locked(path: Path) -> Iterator[None]:
    """Hold the lock on writing, as a process does that was stopped inside a transaction."""
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        yield


async def test_without_the_store_no_order_counts_and_none_has_a_ticket(
    cashier: ServedCashier, settings: CashierSettings
) -> None:
    key = new_key()
    with file_locked(settings.sqlite_path):
        began = time.monotonic()
        assert_unavailable(await cashier.place(key=key))
        assert time.monotonic() - began < IN_TIME
        assert await cashier.take_tickets() == []
    placed = await cashier.place(key=key)
    assert placed.status in {200, 201}
    assert len(await cashier.tickets(placed.body["id"])) == 1
    assert len((await cashier.staff("GET", "/orders")).body["orders"]) == 1
