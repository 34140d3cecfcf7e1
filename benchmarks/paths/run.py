"""Runs each path several times; what it enters every time is the path, the rest ran on a timer."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import aiohttp
from aiohttp import web

from benchmarks.paths.services import (
    SECONDS,
    EmptyQueues,
    Entered,
    TracedService,
    empty_queues,
    traced,
    until_ready,
)
from tests.support.emulator import CREDENTIAL_VARIABLES, running_ministack

REPEATS = 5
STAFF_KEY = "the-key-of-the-staff"
AS_STAFF = {"Authorization": f"Bearer {STAFF_KEY}"}
ORDER = {
    "customer_name": "Ada",
    "items": [{"item": "latte", "size": "large", "modifiers": ["oat-milk"], "quantity": 2}],
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Shop:
    """The services of a shop, each a process, and the ways to them."""

    producer: TracedService
    worker: TracedService
    notifier: TracedService
    http: aiohttp.ClientSession
    queues: EmptyQueues
    started: Entered

    async def place(self) -> None:
        """Place an order."""
        async with self.http.post(f"{self.producer.url}/orders", json=ORDER) as response:
            response.raise_for_status()


async def measure() -> Mapping[str, Entered]:
    """Give the functions on each path, by its name."""
    with running_ministack() as endpoint, tempfile.TemporaryDirectory() as folder:
        async with opened(endpoint, Path(folder)) as shop, received(shop) as webhook:
            return {
                "placing an order": await repeated(shop.producer, shop.place),
                "a ticket, until its order is ready": await repeated(
                    shop.worker, functools.partial(place_and_prepare, shop)
                ),
                "a webhook, from SNS to delivered": await repeated(
                    shop.notifier, functools.partial(place_and_receive, shop, webhook)
                ),
                "a notifier's start, until it listens": shop.started,
            }


async def repeated(service: TracedService, step: Callable[[], Awaitable[None]]) -> Entered:
    """Give what a service enters every time that a step is taken, right after another one."""
    runs = []
    for _ in range(REPEATS):
        await step()
        await service.entered()
        await step()
        runs.append(await service.entered())
    return frozenset.intersection(*runs)


async def place_and_prepare(shop: Shop) -> None:
    """Place an order, and wait until all that came of it is done."""
    await shop.place()
    await shop.queues.wait()


async def place_and_receive(shop: Shop, webhook: asyncio.Queue[str]) -> None:
    """Place an order, and wait until the delivery of its last event is settled."""
    await shop.place()
    async with asyncio.timeout(SECONDS):
        while not (await webhook.get()).startswith("coffeeshop.order.ready"):
            pass
    await shop.queues.wait()


@contextlib.asynccontextmanager
async def opened(endpoint: str, folder: Path) -> AsyncIterator[Shop]:
    """Open a shop whose services run under the profiler."""
    variables = {
        **CREDENTIAL_VARIABLES,
        "COFFEE_AWS_ENDPOINT_URL": endpoint,
        "COFFEE_STATE_DIR": str(folder),
        "COFFEE_STAFF_KEY": STAFF_KEY,
        "COFFEE_BREW_SPEED": "0",
        "COFFEE_POLL_SECONDS": "1",
        "COFFEE_ORDERS_PER_MINUTE": "10000",
        "COFFEE_RECONCILE_SECONDS": "3600",
        "COFFEE_ALLOW_LOOPBACK_WEBHOOKS": "on",
    }
    await _provision(variables)
    async with (
        aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(SECONDS)) as http,
        empty_queues(endpoint) as queues,
        traced("notifier", variables, folder) as notifier,
    ):
        started = await notifier.entered()
        async with (
            traced("producer", variables, folder) as producer,
            traced("worker", variables, folder) as worker,
        ):
            for service in (producer, worker, notifier):
                await until_ready(http, service.url)
            yield Shop(
                producer=producer,
                worker=worker,
                notifier=notifier,
                http=http,
                queues=queues,
                started=started,
            )


async def _provision(variables: Mapping[str, str]) -> None:
    command = (str(Path(sys.executable).with_name("coffeeshop")), "provision")
    process = await asyncio.create_subprocess_exec(
        *command, env=dict(variables), stdout=asyncio.subprocess.DEVNULL
    )
    if await process.wait():
        raise RuntimeError("the shop could not be provisioned")


@contextlib.asynccontextmanager
async def received(shop: Shop) -> AsyncIterator[asyncio.Queue[str]]:
    """Subscribe a webhook to all order events; give the types of those that arrive."""
    types: asyncio.Queue[str] = asyncio.Queue()

    async def receive(request: web.Request) -> web.Response:
        event = await request.json()
        types.put_nowait(event["type"])
        return web.json_response({"challenge": event["data"].get("challenge")})

    app = web.Application()
    app.router.add_post("/", receive)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        port = runner.addresses[0][1]
        body = {"channel": "webhook", "url": f"http://127.0.0.1:{port}/"}
        url = f"{shop.notifier.url}/topics/order-events/subscriptions"
        async with shop.http.post(url, json=body, headers=AS_STAFF) as response:
            response.raise_for_status()
        await shop.queues.wait()
        yield types
    finally:
        await runner.cleanup()
