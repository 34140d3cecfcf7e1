"""The disk under the order store is full for a while, or the power fails in mid-write."""

from __future__ import annotations

import asyncio
import random
import subprocess
import sys
import time
from http import HTTPStatus
from pathlib import Path

import pytest

from shared.domain.order import OrderState
from shared.store.sqlite.store import open_sqlite_store
from tests.chaos.driver import ChaosShop, open_chaos_shop
from tests.chaos.evidence import Outage
from tests.chaos.gathering import all_orders
from tests.chaos.run import LONG, Run
from tests.chaos.small_disk import small_disk
from tests.support.mounts import needs_mounting
from tests.support.waiting import eventually

pytestmark = pytest.mark.timeout(300 if LONG else 120)

BACK_WITHIN = 10
SAYS_SO_WITHIN = 5
_LOG_HEADER = 32
_FRAME = 24 + 4096
"""Bytes of a page in SQLite's write-ahead log, with its header."""


@needs_mounting
async def test_no_order_counts_while_the_disk_is_full_and_work_goes_on_when_there_is_room(
    ministack: str, tmp_path: Path, run: Run
) -> None:
    with small_disk(tmp_path / "disk", 16) as disk:
        async with open_chaos_shop(
            ministack, disk.folder, run.seed, baristas=2, COFFEE_BREW_SPEED="100"
        ) as shop:
            before = asyncio.create_task(shop.customers.place_all(20, 20))
            await eventually(lambda: len(shop.ledger.acknowledged) >= 10)
            disk.fill()
            await shop.answers("/readyz", HTTPStatus.SERVICE_UNAVAILABLE, SAYS_SO_WITHIN)
            began = time.monotonic()
            await shop.answers("/healthz", HTTPStatus.OK, 1)
            during = asyncio.create_task(shop.customers.place_all(run.size(16, 60), 8))
            await eventually(lambda: shop.ledger.statuses[503] >= 16)
            shop.outages.append(Outage(began, time.monotonic()))
            disk.make_room()
            back_at = time.monotonic()
            await shop.answers("/readyz", HTTPStatus.OK, BACK_WITHIN)
            order = await shop.customers.place_one()
            await shop.reaches(order["id"], OrderState.READY, BACK_WITHIN)
            recovery = time.monotonic() - back_at
            await asyncio.gather(before, during)
            evidence = await run.judged(shop, "disk full", recovery)
            assert {order.state for order in evidence.orders} == {OrderState.READY}


async def test_a_write_torn_by_a_power_cut_costs_no_acknowledged_order(
    ministack: str, tmp_path: Path, run: Run
) -> None:
    draw = random.Random(run.seed)
    async with open_chaos_shop(
        ministack, tmp_path, run.seed, baristas=2, COFFEE_BREW_SPEED="100"
    ) as shop:
        for cut in range(run.size(2, 10)):
            customers = asyncio.create_task(shop.customers.place_all(20, 20))
            await taken(shop, 20 * cut + 10)
            await asyncio.gather(shop.counter.kill(), *map(shop.pool.kill, shop.pool.baristas))
            torn = torn_copy(shop.store_file, tmp_path / f"torn-{cut}", draw)
            async with open_sqlite_store(torn, "main") as store:
                orders = await all_orders(store)
                await store.check()
            assert orders == await all_orders(shop.store)
            assert {order.id for order in orders}.issuperset(shop.ledger.acknowledged)
            await asyncio.gather(shop.open_counter(), *map(shop.pool.replace, shop.pool.baristas))
            await customers
            await shop.comes_to_rest(30)  # an order fails if its ticket is cut off five times
        evidence = await run.judged(shop, "power cut in mid-write")
        assert {order.state for order in evidence.orders} == {OrderState.READY}


async def taken(shop: ChaosShop, orders: int) -> None:
    """Wait until so many orders were acknowledged."""
    await eventually(lambda: len(shop.ledger.acknowledged) >= orders, 30)


def torn_copy(file: Path, folder: Path, draw: random.Random) -> Path:
    """Copy a store as after a power cut: its log ends in a partial transaction.

    The appended frames have the salt of the log, but their content is damaged. Another process
    copies, since to close a file would drop the locks that this process's connections have on it.
    """
    folder.mkdir()
    names = [file, *(file.with_name(f"{file.name}-{part}") for part in ("wal", "shm"))]
    subprocess.run(["cp", *names, folder], check=True)
    copy, log, index = (folder / name.name for name in names)
    whole = log.read_bytes()
    end = _LOG_HEADER + _FRAME * _frames_committed(index)
    index.unlink()
    frames = whole[_LOG_HEADER:end][-draw.randint(1, 3) * _FRAME :]
    part = frames[: draw.randint(1, len(frames))]
    torn = part[:24] + bytes(draw.choice([byte, 0]) for byte in part[24:])
    log.write_bytes(whole[:end] + torn + whole[end + len(torn) :])
    return copy


def _frames_committed(index: Path) -> int:
    """Count the valid frames by the log's index: a restarted log keeps old frames at its end."""
    return int.from_bytes(index.read_bytes()[16:20], sys.byteorder)
