"""One of several cashiers is killed for good: the others announce what it left unannounced."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
from collections import Counter
from collections.abc import AsyncIterator, Collection
from functools import partial
from http import HTTPStatus
from pathlib import Path

import aiohttp
import pytest

from shared.clock import utc_now
from shared.domain.order import OrderState
from tests.chaos.barista_pool import STARTS_WITHIN
from tests.chaos.driver import ChaosShop, open_chaos_shop
from tests.chaos.gathering import all_orders
from tests.chaos.run import LONG, Run
from tests.chaos.wall_clock import WallClock, needs_faketime
from tests.support.customers import Customers
from tests.support.emulator import free_port
from tests.support.faults.holds import Moment
from tests.support.faults.proxy import open_proxy
from tests.support.waiting import eventually, until

pytestmark = [pytest.mark.timeout(600 if LONG else 120), needs_faketime]

KILLED, OTHERS = "north", ("south", "east", "west")

STEP = 25
"""Seconds of a jump of the clock; a cashier counts as gone when silent for a minute."""

REPEATED_WITHIN = 30
RATE = 20 if LONG else 50
"""Orders a second of the cashier that is killed, and of the others together.

Were orders placed for long at more than is prepared, customers who wait would take all the CPU.
"""

PLACED_WITHIN = 150 if LONG else 60


async def test_survivors_announce_once_more_what_a_killed_cashier_left_unannounced(
    ministack: str, tmp_path: Path, run: Run
) -> None:
    clock = WallClock(tmp_path / "clock")
    clock.jump(0)
    orders = run.size(300, 1500)
    async with (
        open_chaos_shop(
            ministack,
            tmp_path,
            run.seed,
            baristas=2,
            COFFEE_CASHIER_NAME=KILLED,
            COFFEE_RECONCILE_SECONDS="0.5",
            COFFEE_REPUBLISH_PER_SECOND="500",
            **clock.variables(),
        ) as shop,
        other_cashiers(shop, ministack, run.seed) as others,
    ):
        leaving = asyncio.create_task(shop.customers.live_all(orders, RATE))
        staying = asyncio.gather(
            *(each.live_all(orders // len(others), RATE / len(others)) for each in others)
        )
        await eventually(lambda: len(shop.ledger.acknowledged) >= orders, PLACED_WITHIN)
        held = shop.counter_proxy.hold("PublishBatch", Moment.BEFORE, b"collected")
        await held.reached()
        await shop.counter.kill()
        held.discard()
        leaving.cancel()  # a customer who came back would have the change announced again
        await staying
        await until(partial(are_finished, shop), 30)
        assert await unheard(shop)
        heard = len(shop.listener.received)

        await a_minute_passes(shop, clock)
        await until(partial(is_taken_care_of, shop), REPEATED_WITHIN)
        evidence = await run.judged(shop, "kill -9 of one of several cashiers, for good")

        assert not await unheard(shop)
        repeated = Counter(event.id for event in evidence.announcements[heard:])
        assert repeated.total() <= 1.05 * len(repeated)
        assert gone_cashiers(shop) == [KILLED]


@contextlib.asynccontextmanager
async def other_cashiers(
    shop: ChaosShop, emulator: str, seed: int
) -> AsyncIterator[list[Customers]]:
    """Start the other cashiers of the same store and queue; give the customers of each."""
    async with contextlib.AsyncExitStack() as stack:
        enter = stack.enter_async_context
        proxy = await enter(open_proxy("others", emulator, shop.faults, shop.witness))
        stack.push_async_callback(shop.launcher.kill_all)
        customers = []
        for number, name in enumerate(OTHERS, 1):
            port = free_port()
            await shop.launcher.start(
                "producer",
                name,
                COFFEE_AWS_ENDPOINT_URL=proxy.url,
                COFFEE_CASHIER_NAME=name,
                COFFEE_PORT=str(port),
            )
            http = await enter(aiohttp.ClientSession(f"http://127.0.0.1:{port}"))
            await until(partial(is_ready, http), STARTS_WITHIN)
            customers.append(Customers(http, shop.ledger, seed + number))
        yield customers


async def is_ready(http: aiohttp.ClientSession) -> bool:
    with contextlib.suppress(aiohttp.ClientError):
        async with http.get("/readyz") as response:
            return response.status == HTTPStatus.OK
    return False


async def a_minute_passes(shop: ChaosShop, clock: WallClock) -> None:
    """Set the clock ahead by steps so short that no cashier that lives seems to be gone."""
    for ahead in (STEP, 2 * STEP, 3 * STEP):
        clock.jump(ahead)
        await until(partial(have_beaten, shop, utc_now() + dt.timedelta(seconds=ahead)), 10)


async def have_beaten(shop: ChaosShop, since: dt.datetime) -> bool:
    """Whether every cashier that lives has renewed its heartbeat since that time."""
    beats = {beat.cashier: beat.at for beat in await shop.store.cashier_heartbeats()}
    return all(beats[name] >= since for name in OTHERS)


async def are_finished(shop: ChaosShop) -> bool:
    """Whether no order is left to prepare, and all that was published has been received."""
    under_way = await shop.store.open_orders({OrderState.PLACED, OrderState.PREPARING}, 1)
    return not under_way and await shop.listener.is_idle()


async def is_taken_care_of(shop: ChaosShop) -> bool:
    """Whether the killed cashier's heartbeat is gone: all is republished."""
    return KILLED not in {beat.cashier for beat in await shop.store.cashier_heartbeats()}


async def unheard(shop: ChaosShop) -> Collection[str]:
    """The changes of all orders of which the subscriber has received no announcement."""
    changes = {
        f"{order.id}:{version}"
        for order in await all_orders(shop.store)
        for version in range(1, order.version + 1)
    }
    return changes - {event.id for event in shop.listener.received}


def gone_cashiers(shop: ChaosShop) -> list[str]:
    """The cashiers that others took for gone, once for each time."""
    lines = shop.launcher.logs()
    return [line["cashier"] for line in lines if line.get("event") == "cashier.stopped_uncleanly"]
