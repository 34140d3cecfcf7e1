"""The whole shop, emulator included, is killed on the spot, and opened again."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import psutil
import pytest

from shared.domain.order import Order
from shared.messages.announcement import CloudEvent
from shared.runtime.clock import utc_now
from shared.runtime.lifecycle import running
from shared.runtime.settings import ServiceSettings
from shared.store.opening import open_store
from tests.chaos.customers import Customers
from tests.chaos.evidence import FINISHED, Evidence
from tests.chaos.gathering import all_orders
from tests.chaos.invariants import violations
from tests.chaos.ledger import Ledger
from tests.chaos.order_hook import OrderHook, order_hook
from tests.chaos.report import Row
from tests.chaos.run import LONG, Run
from tests.chaos.waiting import until
from tests.support.emulator import free_port
from tests.support.shop import RunningShop, open_shop
from tests.support.waiting import eventually
from tests.support.web import AS_STAFF, STAFF_KEY

pytestmark = pytest.mark.timeout(900 if LONG else 150)

FINISHED_WITHIN = 60
"""Seconds; tickets and announcements that were lost are made again a few seconds after a start."""


@dataclass
class Follower:
    """A subscriber of the live stream, which comes back when it is cut off."""

    http: aiohttp.ClientSession
    heard: list[CloudEvent] = field(default_factory=list)
    connected: asyncio.Event = field(default_factory=asyncio.Event)

    async def follow(self) -> None:
        """Follow for ever."""
        while True:
            with contextlib.suppress(aiohttp.ClientError, TimeoutError):
                await self._listen()
            self.connected.clear()
            await asyncio.sleep(0.1)

    async def _listen(self) -> None:
        address, endless = "/events?topics=order-events", aiohttp.ClientTimeout(total=None)
        async with self.http.get(address, headers=AS_STAFF, timeout=endless) as stream:
            stream.raise_for_status()
            self.connected.set()
            async for line in stream.content:
                if line.startswith(b"data: {"):
                    event = json.loads(line.removeprefix(b"data: "))
                    if "specversion" in event:
                        self.heard.append(CloudEvent.model_validate(event))


@contextlib.asynccontextmanager
async def opened(
    folder: Path, port: int, follower: Follower, hook: OrderHook
) -> AsyncIterator[RunningShop]:
    """Open a shop whose changes the follower and the webhook hear."""
    async with open_shop(
        folder,
        port,
        COFFEE_STAFF_KEY=STAFF_KEY,
        COFFEE_BARISTAS="2",
        COFFEE_BREW_SPEED="300",
        COFFEE_VISIBILITY_TIMEOUT="4",
        COFFEE_ORDERS_PER_MINUTE="0",
        COFFEE_LOG_FORMAT="json",
        COFFEE_ALLOW_LOOPBACK_WEBHOOKS="true",
    ) as shop:
        async with asyncio.timeout(20):
            await follower.connected.wait()
        await hook.subscribe(follower.http)
        yield shop


async def kill_everything(shop: RunningShop) -> None:
    """Kill every process of a shop, its supervisor first: nobody is left to start anything."""
    children = psutil.Process(shop.process.pid).children(recursive=True)
    shop.process.kill()
    for child in children:
        with contextlib.suppress(psutil.NoSuchProcess):
            child.kill()
    await shop.process.wait()
    _, alive = await asyncio.to_thread(psutil.wait_procs, children, timeout=10)
    assert not alive


async def recorded(folder: Path) -> list[Order]:
    """Read all orders that the store of a shop has."""
    async with open_store(ServiceSettings(state_dir=folder), None, utc_now) as store:
        return list(await all_orders(store))


async def test_every_acknowledged_order_becomes_ready_and_is_announced_when_all_was_killed(
    tmp_path: Path, run: Run
) -> None:
    folder, port, ledger = tmp_path / "var", free_port(), Ledger()
    rounds, orders = run.size(1, 5), run.size(40, 200)
    async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as http, order_hook() as hook:
        customers, follower = Customers(http, ledger, run.seed), Follower(http)
        async with running(follower.follow(), "follower"):
            recoveries = [
                await killed_in_mid_load(folder, port, customers, follower, hook, orders)
                for _ in range(rounds)
            ]
    evidence = Evidence(ledger, await recorded(folder), follower.heard)
    run.note(
        Row(
            fault="kill -9 of everything at once",
            seed=run.seed,
            orders=len(ledger.acknowledged),
            kills=rounds,
            lost=len(evidence.lost),
            duplicate_orders=evidence.duplicate_orders,
            recovery=max(recoveries),
        )
    )
    # A stream forgets what nobody was there to hear; what changed last is told again.
    assert [broken for broken in violations(evidence) if broken.invariant != "I5"] == []
    assert unheard(evidence.orders, follower.heard) == []
    assert unheard(evidence.orders, hook.heard) == []


async def killed_in_mid_load(
    folder: Path,
    port: int,
    customers: Customers,
    follower: Follower,
    hook: OrderHook,
    orders: int,
) -> float:
    """Kill the shop while orders come, open it again, and see how long it takes to be even."""
    async with opened(folder, port, follower, hook) as shop:
        placing = asyncio.create_task(customers.place_all(orders, 20))
        enough = len(customers.ledger.acknowledged) + orders // 2
        await eventually(lambda: len(customers.ledger.acknowledged) >= enough, 30)
        await kill_everything(shop)
    killed_at = time.monotonic()

    async def even() -> bool:
        recent = await recorded(folder)
        return all(order.state in FINISHED for order in recent) and not (
            unheard(recent, follower.heard) or unheard(recent, hook.heard)
        )

    async with opened(folder, port, follower, hook):
        await placing
        with contextlib.suppress(TimeoutError):
            await until(even, FINISHED_WITHIN)
    return time.monotonic() - killed_at


def unheard(orders: Iterable[Order], events: Iterable[CloudEvent]) -> list[str]:
    """List the orders whose last change is not among these events."""
    heard = {event.id for event in events}
    return [order.id for order in orders if f"{order.id}:{order.version}" not in heard]
