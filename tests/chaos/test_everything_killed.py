"""The whole shop, emulator included, is killed on the spot, and opened again."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import psutil
import pytest

from shared.aws.clients import aws_clients
from shared.aws.names import Names
from shared.aws.queues import open_orders_queue
from shared.clock import utc_now
from shared.domain.order import log_id
from shared.runtime.lifecycle import background_task
from shared.store.factory import open_store
from tests.chaos.evidence import AtRest, Evidence
from tests.chaos.gathering import all_orders
from tests.chaos.invariants import violations
from tests.chaos.order_hook import OrderHook, order_hook
from tests.chaos.processes import read_log
from tests.chaos.report import Row
from tests.chaos.run import LONG, RESTS_WITHIN, Run
from tests.chaos.witness import Sightings
from tests.support.customers import Customers
from tests.support.emulator import free_port
from tests.support.follower import Follower
from tests.support.ledger import Ledger
from tests.support.shop import RunningShop, open_shop
from tests.support.waiting import eventually, until
from tests.support.web import STAFF_KEY

pytestmark = pytest.mark.timeout(1800 if LONG else 150)

Gather = Callable[[], Awaitable[Evidence]]
NOBODY_LOOKED_ON = Sightings()
"""The shop starts its own emulator: there is no proxy before it, and I7 is not checked."""


@dataclass(frozen=True, slots=True)
class World:
    """The shop's folder, and the clients that outlive each kill of the shop."""

    folder: Path
    port: int
    customers: Customers
    follower: Follower
    hook: OrderHook

    @contextlib.asynccontextmanager
    async def opened(self) -> AsyncIterator[RunningShop]:
        """Open a shop whose changes the follower and the webhook receive."""
        async with open_shop(
            self.folder,
            self.port,
            COFFEE_STAFF_KEY=STAFF_KEY,
            COFFEE_BARISTAS="2",
            COFFEE_BREW_SPEED="300",
            COFFEE_VISIBILITY_TIMEOUT="4",
            COFFEE_ORDERS_PER_MINUTE="0",
            COFFEE_LOG_FORMAT="json",
            COFFEE_ALLOW_LOOPBACK_WEBHOOKS="true",
        ) as shop:
            async with asyncio.timeout(20):
                await self.follower.connected.wait()
            await self.hook.subscribe(self.follower.http)
            yield shop

    @contextlib.asynccontextmanager
    async def seen_from_inside(self, shop: RunningShop) -> AsyncIterator[Gather]:
        """Open the store and the queue of an open shop, to gather evidence at any time."""
        settings = shop.emulator_settings()
        async with (
            open_store(settings, None, utc_now) as store,
            aws_clients(settings) as clients,
            open_orders_queue(clients, Names()) as queue,
        ):

            async def gather() -> Evidence:
                return Evidence(
                    ledger=self.customers.ledger,
                    orders=await all_orders(store),
                    announcements=self.follower.received,
                    hooked=self.hook.received,
                    secrets=[STAFF_KEY, *self.hook.secrets],
                    seen=NOBODY_LOOKED_ON,
                    at_rest=AtRest(*await queue.waiting_and_in_flight()),
                    logs=list(read_log(shop.log)),
                )

            yield gather


@contextlib.asynccontextmanager
async def world(folder: Path, seed: int) -> AsyncIterator[World]:
    """Provide customers, a follower and a webhook."""
    port = free_port()
    async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as http, order_hook() as hook:
        customers, follower = Customers(http, Ledger(), seed), Follower(http)
        async with background_task(follower.follow(), "follower"):
            yield World(folder, port, customers, follower, hook)


async def kill_everything(shop: RunningShop) -> None:
    """Kill every process of a shop, its supervisor first, so that none is restarted."""
    children = psutil.Process(shop.process.pid).children(recursive=True)
    shop.process.kill()
    for child in children:
        with contextlib.suppress(psutil.NoSuchProcess):
            child.kill()
    await shop.process.wait()
    _, alive = await asyncio.to_thread(psutil.wait_procs, children, timeout=10)
    assert not alive


async def test_acknowledged_orders_become_ready_and_every_change_is_announced_after_all_was_killed(
    tmp_path: Path, run: Run
) -> None:
    rounds, orders = run.size(1, 5), run.size(40, 200)
    async with world(tmp_path / "var", run.seed) as lasting:
        found = [await killed_in_mid_load(lasting, orders) for _ in range(rounds)]
    _, evidence = found[-1]
    run.note(
        Row(
            fault="kill -9 of everything at once",
            seed=run.seed,
            orders=len(evidence.ledger.acknowledged),
            kills=rounds,
            lost=len(evidence.lost),
            duplicate_orders=evidence.duplicate_orders,
            recovery=max(recovery for recovery, _ in found),
        )
    )
    assert violations(evidence) == []
    made = {line["order"] for line in evidence.logs if line.get("event") == "order.ready"}
    assert made.intersection(
        map(log_id, evidence.ledger.acknowledged)
    )  # the logs are those of this shop


async def killed_in_mid_load(lasting: World, orders: int) -> tuple[float, Evidence]:
    """Kill the shop while orders come, reopen it, and measure until all invariants hold."""
    async with lasting.opened() as shop:
        ledger = lasting.customers.ledger
        placing = asyncio.create_task(lasting.customers.place_all(orders, 20))
        enough = len(ledger.acknowledged) + orders // 2
        await eventually(lambda: len(ledger.acknowledged) >= enough, 30)
        await kill_everything(shop)
    killed_at = time.monotonic()
    async with lasting.opened() as shop, lasting.seen_from_inside(shop) as gather:

        async def invariants_hold() -> bool:
            return not violations(await gather())

        await placing
        with contextlib.suppress(TimeoutError):
            await until(invariants_hold, RESTS_WITHIN)
        return time.monotonic() - killed_at, await gather()
