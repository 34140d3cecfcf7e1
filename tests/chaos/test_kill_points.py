"""A barista is killed at each await between claim, prepare, complete, publish and delete."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from shared.domain.order import OrderState
from tests.chaos.driver import ChaosShop, open_chaos_shop
from tests.chaos.run import Run
from tests.support.faults.holds import Moment

pytestmark = [pytest.mark.timeout(90), pytest.mark.asyncio(loop_scope="module")]

VISIBILITY_SECONDS = 3
TAKEN_UP_WITHIN = VISIBILITY_SECONDS + 5
GETS_THERE_SECONDS = 0.3
"""A process that waits for a lock on a file gives no signal of it."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shop(
    ministack: str, tmp_path_factory: pytest.TempPathFactory, seed: int
) -> AsyncIterator[ChaosShop]:
    """A shop with one barista, who is replaced by the next in every test."""
    async with open_chaos_shop(
        ministack,
        tmp_path_factory.mktemp("shop"),
        seed,
        baristas=1,
        COFFEE_VISIBILITY_TIMEOUT=str(VISIBILITY_SECONDS),
    ) as shop:
        yield shop


@contextlib.contextmanager
def file_locked(path: Path) -> Iterator[None]:
    """Hold the lock on writing."""
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        yield


async def assert_made_once(shop: ChaosShop, run: Run, order_id: str, attempt: int) -> None:
    """See the next barista take the order over, in time, and make it ready in that attempt."""
    (barista,) = shop.pool.baristas
    await shop.pool.replace(barista)
    order = await shop.reaches(order_id, OrderState.READY, seconds=TAKEN_UP_WITHIN + 5)
    assert (order.version, order.attempt) == (3, attempt)
    await run.judged(shop, "kill -9 of a barista at each await")
    assert shop.pool.recovery_seconds() <= TAKEN_UP_WITHIN


@pytest.mark.parametrize(
    ("action", "moment", "containing", "attempt"),
    [
        pytest.param("ReceiveMessage", Moment.AFTER, b"ReceiptHandle", 1, id="received"),
        pytest.param("PublishBatch", Moment.BEFORE, b"order.preparing", 2, id="claimed"),
        pytest.param("PublishBatch", Moment.AFTER, b"order.preparing", 2, id="announced preparing"),
        pytest.param("PublishBatch", Moment.BEFORE, b"order.ready", 1, id="completed"),
        pytest.param("PublishBatch", Moment.AFTER, b"order.ready", 1, id="announced ready"),
        pytest.param("DeleteMessageBatch", Moment.BEFORE, b"", 1, id="about to delete"),
        pytest.param("DeleteMessageBatch", Moment.AFTER, b"", 1, id="deleted"),
    ],
)
async def test_an_order_is_made_once_though_its_barista_is_killed_when_it_has(
    shop: ChaosShop, run: Run, action: str, moment: Moment, containing: bytes, attempt: int
) -> None:
    (barista,) = shop.pool.baristas
    held = barista.proxy.hold(action, moment, containing)
    order = await shop.customers.place_one()
    await held.reached()
    await shop.pool.kill(barista)
    held.discard()
    await assert_made_once(shop, run, order["id"], attempt)


@pytest.mark.parametrize(
    ("action", "containing", "attempt"),
    [
        pytest.param("ReceiveMessage", b"ReceiptHandle", 1, id="the claim"),
        pytest.param("PublishBatch", b"order.preparing", 2, id="that it is ready"),
    ],
)
async def test_an_order_is_made_once_though_its_barista_is_killed_while_it_writes(
    shop: ChaosShop, run: Run, action: str, containing: bytes, attempt: int
) -> None:
    (barista,) = shop.pool.baristas
    held = barista.proxy.hold(action, Moment.AFTER, containing)
    order = await shop.customers.place_one()
    await held.reached()
    with file_locked(shop.store_file):
        held.release()
        await asyncio.sleep(GETS_THERE_SECONDS)
        await shop.pool.kill(barista)
    await assert_made_once(shop, run, order["id"], attempt)
