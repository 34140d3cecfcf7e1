"""The emulator is killed and started again, and nobody tells the services, as in containers."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest

from shared.aws.clients import aws_clients
from shared.aws.names import Names
from shared.aws.provisioning import provision
from shared.aws.queues import open_orders_queue
from shared.clock import utc_now
from shared.runtime.lifecycle import background_task
from shared.runtime.settings import ServiceSettings
from shared.store.factory import open_store
from tests.chaos.evidence import AtRest, Evidence
from tests.chaos.gathering import all_orders
from tests.chaos.invariants import violations
from tests.chaos.order_hook import OrderHook, order_hook
from tests.chaos.processes import Launcher, launching
from tests.chaos.run import LONG, RESTS_WITHIN, Run
from tests.chaos.witness import Sightings
from tests.support.customers import Customers
from tests.support.emulator import Emulator, free_port
from tests.support.follower import Follower
from tests.support.ledger import Ledger
from tests.support.waiting import eventually, until
from tests.support.web import STAFF_KEY

pytestmark = pytest.mark.timeout(300 if LONG else 150)

NO_PROXY = Sightings()
STARTS_WITHIN = 60


@dataclass
class Services:
    """A cashier, a notifier and two baristas, each a process that no supervisor started."""

    emulator: Emulator
    folder: Path
    launcher: Launcher
    customers: Customers
    follower: Follower
    hook: OrderHook

    async def evidence(self) -> Evidence:
        settings = ServiceSettings(aws_endpoint_url=self.emulator.url, state_dir=self.folder)
        async with (
            open_store(settings, None, utc_now) as store,
            aws_clients(settings) as clients,
            open_orders_queue(clients, Names()) as queue,
        ):
            return Evidence(
                ledger=self.customers.ledger,
                orders=await all_orders(store),
                announcements=self.follower.received,
                hooked=self.hook.received,
                secrets=[STAFF_KEY, *self.hook.secrets],
                seen=NO_PROXY,
                at_rest=AtRest(*await queue.waiting_and_in_flight()),
                logs=self.launcher.logs(),
            )


@contextlib.asynccontextmanager
async def services(emulator: Emulator, folder: Path, seed: int) -> AsyncIterator[Services]:
    cashier, notifier = free_port(), free_port()
    async with (
        aws_clients(ServiceSettings(aws_endpoint_url=emulator.url)) as clients,
        aiohttp.ClientSession(f"http://127.0.0.1:{cashier}") as to_cashier,
        aiohttp.ClientSession(f"http://127.0.0.1:{notifier}") as to_notifier,
        order_hook() as hook,
        launching(folder, _environment(emulator.url, folder)) as launcher,
    ):
        await provision(clients, Names())
        customers, follower = Customers(to_cashier, Ledger(), seed), Follower(to_notifier)
        await launcher.start("producer", "producer", COFFEE_PORT=str(cashier))
        await launcher.start("notifier", "notifier", COFFEE_PORT=str(notifier))
        for number in range(2):
            await launcher.start("worker", f"worker-{number}")
        async with background_task(follower.follow(), "follower"):
            await _is_ready(to_cashier)
            async with asyncio.timeout(STARTS_WITHIN):
                await follower.connected.wait()
            await hook.subscribe(to_notifier)
            yield Services(emulator, folder, launcher, customers, follower, hook)
            await launcher.kill_all()


def _environment(endpoint: str, folder: Path) -> dict[str, str]:
    return {
        "COFFEE_AWS_ENDPOINT_URL": endpoint,
        "COFFEE_WATCH_BROKER": "on",
        "COFFEE_STATE_DIR": str(folder),
        "COFFEE_STAFF_KEY": STAFF_KEY,
        "COFFEE_ORDERS_PER_MINUTE": "0",
        "COFFEE_VISIBILITY_TIMEOUT": "4",
        "COFFEE_POLL_SECONDS": "1",
        "COFFEE_BREW_SPEED": "300",
        "COFFEE_LOG_FORMAT": "json",
        "COFFEE_ALLOW_LOOPBACK_WEBHOOKS": "true",
    }


@pytest.mark.parametrize("was_stopped_before", [False, True])
async def test_no_acknowledged_order_and_no_event_of_it_is_lost_with_a_killed_emulator(
    own_emulator: Emulator, tmp_path: Path, run: Run, *, was_stopped_before: bool
) -> None:
    """With a clean stop before, queues and topics are there again, as they were then."""
    async with services(own_emulator, tmp_path, run.seed) as shop:
        if was_stopped_before:
            await own_emulator.stop()
            await own_emulator.start()
            await shop.customers.place_all(1, 1)
        placing = asyncio.create_task(shop.customers.place_all(run.size(60, 300), 20))
        ledger = shop.customers.ledger
        enough = len(ledger.acknowledged) + 20
        await eventually(lambda: len(ledger.acknowledged) >= enough, 30)
        await own_emulator.kill()
        killed_at = time.monotonic()
        await own_emulator.start()
        await placing
        await _hold(shop.evidence)
        evidence = await shop.evidence()
        recovery = time.monotonic() - killed_at
    assert violations(evidence) == []
    assert len(ledger.acknowledged) >= 60
    assert recovery < RESTS_WITHIN


async def test_a_service_that_starts_while_the_emulator_is_empty_creates_what_it_needs(
    own_emulator: Emulator, tmp_path: Path, run: Run
) -> None:
    async with services(own_emulator, tmp_path, run.seed) as shop:
        await shop.launcher.kill_all()
        await own_emulator.kill()
        await own_emulator.start()
        port = free_port()
        await shop.launcher.start("producer", "producer", COFFEE_PORT=str(port))
        await shop.launcher.start("notifier", "notifier", COFFEE_PORT=str(free_port()))
        async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as http:
            await _is_ready(http)


async def _is_ready(http: aiohttp.ClientSession) -> None:
    async def ready() -> bool:
        with contextlib.suppress(aiohttp.ClientError):
            async with http.get("/readyz") as response:
                return response.ok
        return False

    await until(ready, STARTS_WITHIN)


async def _hold(gather: Callable[[], Awaitable[Evidence]]) -> None:
    async def hold() -> bool:
        return not violations(await gather())

    with contextlib.suppress(TimeoutError):
        await until(hold, RESTS_WITHIN)
