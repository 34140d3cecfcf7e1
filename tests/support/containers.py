"""The shop in containers, by `docker-compose.yml`, under its own project and port."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import itertools
import json
import os
import secrets
import shlex
import shutil
import subprocess
import time
import uuid
from collections import Counter
from collections.abc import (
    AsyncIterator,
    Awaitable,
    Callable,
    Collection,
    Iterable,
    Iterator,
    Sequence,
)
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import Any

import aiohttp

from shared.runtime.lifecycle import background_task
from shop.client.live_stream import Event, LiveStream
from shop.load.plan import PlannedOrder
from tests.support.customers import Customers
from tests.support.emulator import free_port
from tests.support.ledger import Ledger
from tests.support.web import AS_STAFF, STAFF_KEY

ROOT = Path(__file__).parents[2]
IMAGE = "coffeeshop"
BREW_SPEED = 30
VISIBILITY_SECONDS = 10
SLOTS = 4
"""COFFEE_WORKER_CONCURRENCY of a worker in docker-compose.yml, which is the default."""

ORDERS_PER_MINUTE = 20
_COMMAND_SECONDS = 180
_IN_A_ROW = 10


def missing_engine() -> str | None:
    """Return why containers cannot run here, or none if they can."""
    if shutil.which("docker") is None:
        return "docker is not installed"
    engine = subprocess.run(["docker", "info"], capture_output=True, check=False, timeout=30)
    return "no Docker engine is running" if engine.returncode else None


def compose_command() -> Sequence[str]:
    plugin = subprocess.run(
        ["docker", "compose", "version"], capture_output=True, check=False, timeout=30
    )
    return ["docker-compose"] if plugin.returncode else ["docker", "compose"]


@dataclass(frozen=True)
class ContainerShop:
    command: Sequence[str]
    url: str
    environment: dict[str, str]

    async def compose(self, *arguments: str) -> str:
        return await run(*self.command, *arguments, environment=self.environment)

    def compose_aloud(self, *arguments: str) -> None:
        """Run `compose`, and show its output; for before and after the tests."""
        command = [*self.command, *arguments]
        subprocess.run(command, cwd=ROOT, env=self.environment, check=True, timeout=600)

    @property
    def project(self) -> str:
        return self.environment["COMPOSE_PROJECT_NAME"]

    async def scale(self, **counts: int) -> None:
        """Scale these services to so many containers, wait until ready; keep the others."""
        scales = [f"--scale={service}={count}" for service, count in counts.items()]
        await self.compose("up", "-d", "--no-deps", "--no-recreate", *scales, *counts)
        async with asyncio.TaskGroup() as group:
            for service in counts:
                for container in await self.containers(service):
                    group.create_task(until(partial(self._is_ready, container), 60))

    async def containers(self, service: str) -> Sequence[str]:
        """Return the ids of a service's running containers."""
        labels = {"project": self.project, "service": service}.items()
        filters = [f"--filter=label=com.docker.compose.{name}={value}" for name, value in labels]
        return (await run("docker", "ps", "-q", *filters)).split()

    async def stop(self, container: str) -> None:
        """Stop a container, and remove it."""
        await run("docker", "stop", "--time", "30", container)
        await run("docker", "rm", container)

    async def kill(self, container: str) -> None:
        """Kill a container, and remove it."""
        await run("docker", "kill", container)
        await run("docker", "rm", container)

    async def crash(self, container: str) -> None:
        """Kill a container's process; Docker restarts it. The command may end with it."""
        script = "kill -9 $(cat /proc/1/task/1/children)"
        await run("docker", "exec", "-d", container, "sh", "-c", script)

    async def execute(self, container: str, *command: str) -> str:
        """Run a command in a container, and return its output."""
        return await run("docker", "exec", container, *command)

    async def _is_ready(self, container: str) -> bool:
        ask = "import urllib.request as r; r.urlopen('http://127.0.0.1:8080/readyz', timeout=9)"
        check = f'python -c "{ask}" 2>&1 && echo ready || true'
        return "ready" in (await self.execute(container, "sh", "-c", check)).split()

    @contextlib.asynccontextmanager
    async def attempts(self) -> AsyncIterator[Attempts]:
        """Count the attempts at the block's orders, by the events of the live stream."""
        async with (
            aiohttp.ClientSession(f"{self.url}/", headers=AS_STAFF) as http,
            LiveStream(http, topics="order-events").open() as events,
        ):
            attempts = Attempts(events)
            async with background_task(attempts.follow(), "attempts"):
                yield attempts

    async def preparing(self, order_ids: Collection[str]) -> int:
        """Count which of these orders are among the hundred newest that are being prepared."""
        async with aiohttp.ClientSession(self.url, headers=AS_STAFF) as http:
            page = await _json(http, "/orders?state=preparing&limit=100")
        return len({order["id"] for order in page["orders"]} & set(order_ids))

    @contextlib.asynccontextmanager
    async def customers(self) -> AsyncIterator[Customers]:
        """Customers without a rate limit, since they have the staff key."""
        async with aiohttp.ClientSession(self.url, headers=AS_STAFF) as http:
            yield Customers(http, Ledger(), seed=0)

    async def serves(self, path: str) -> None:
        """Wait until a path is served, ten times in a row: by all of a service's containers."""
        async with aiohttp.ClientSession(self.url) as http, asyncio.timeout(90):
            good = 0
            while good < _IN_A_ROW:
                async with http.get(path) as response:
                    good = good + 1 if response.ok else 0
                await asyncio.sleep(0.05)

    async def opens(self) -> None:
        """Wait until customers reach cashiers and notifiers, and all of these are ready."""
        for path in ("/shop", "/topics"):
            await self.serves(path)
        for service in ("producer", "notifier"):
            for container in await self.containers(service):
                await until(partial(self._is_ready, container), 90)

    async def ready(self, order_ids: Collection[str], seconds: float) -> Sequence[Any]:
        """Wait until all of these orders are ready, and return them."""
        async with aiohttp.ClientSession(self.url) as http, asyncio.timeout(seconds):
            return [await _ready(http, order_id) for order_id in order_ids]

    async def recorded(self, customers: Collection[str]) -> Sequence[str]:
        """Return the customer's name of each recorded order of these customers."""
        found: list[str] = []
        cursor: str | None = ""
        async with aiohttp.ClientSession(self.url, headers=AS_STAFF) as http:
            while cursor is not None:
                page = await _json(http, f"/orders?limit=100{cursor and f'&cursor={cursor}'}")
                found += [order["customer_name"] for order in page["orders"]]
                cursor = page["next_cursor"]
        return [name for name in found if name in customers]


@contextlib.asynccontextmanager
async def callers(*asks: Callable[[], Awaitable[int]]) -> AsyncIterator[set[int]]:
    """Repeat each of these requests during the block.

    Gives the numbers of retries that they needed.
    """
    times: set[int] = set()
    enough = asyncio.Event()

    async def again(ask: Callable[[], Awaitable[int]]) -> None:
        while not enough.is_set():
            times.add(await ask())
            await asyncio.sleep(0.2)

    async with asyncio.TaskGroup() as group:
        for ask in asks:
            group.create_task(again(ask))
        yield times
        enough.set()


async def retries_until_ok(
    http: aiohttp.ClientSession, method: str, path: str, body: object = None
) -> int:
    """Repeat a request as Retry-After says until it succeeds; return the number of retries."""
    for times in itertools.count():
        async with http.request(method, path, json=body) as response:
            if response.ok:
                return times
            assert response.status == HTTPStatus.SERVICE_UNAVAILABLE, await response.text()
            pause = float(response.headers["Retry-After"])
        await asyncio.sleep(pause)
    raise AssertionError


class Attempts:
    """Which attempt at each order made it ready, by its events."""

    def __init__(self, events: AsyncIterator[Event]) -> None:
        self._events = events
        self._ready: dict[str, int] = {}
        self._more = asyncio.Event()

    async def follow(self) -> None:
        """Follow the stream to its end."""
        async for event in self._events:
            order = json.loads(event.data)["data"]
            if order.get("state") == "ready":
                self._ready[order["order_id"]] = order["attempt"]
                self._more.set()

    async def of(self, order_ids: Collection[str], seconds: float) -> Sequence[int]:
        """Wait until all of these orders are ready, and return their attempts."""
        async with asyncio.timeout(seconds):
            while not self._ready.keys() >= set(order_ids):
                self._more.clear()
                await self._more.wait()
        return [self._ready[order_id] for order_id in order_ids]


def orders_of(
    item: str, size: str, count: int, rate: float, quantity: int = 1
) -> Sequence[PlannedOrder]:
    """Plan equal orders, `rate` of them due in each second; each has its own name."""
    run = secrets.token_hex(4)
    line = {"item": item, "size": size, "quantity": quantity}
    return [
        PlannedOrder(
            number / rate,
            str(uuid.uuid4()),
            {"customer_name": f"Guest {run} {number:04}", "items": [line]},
        )
        for number in range(count)
    ]


async def place(
    customers: Customers, planned: Iterable[PlannedOrder], enough: asyncio.Event | None = None
) -> None:
    """Place orders, each when it is due, with retries.

    No further ones are placed once `enough` is set.
    """
    start = time.monotonic()
    async with asyncio.TaskGroup() as group:
        for order in planned:
            await asyncio.sleep(start + order.due - time.monotonic())
            if enough is not None and enough.is_set():
                return
            group.create_task(customers.place(order))


async def is_alive(container: str) -> bool:
    """Run the health check of a container's image, as Docker does."""
    (found,) = json.loads(await run("docker", "inspect", container))
    _, *check = found["Config"]["Healthcheck"]["Test"]
    alive = shlex.join(check) + " && echo alive || true"
    return "alive" in await run("docker", "exec", container, "sh", "-c", alive)


@contextlib.asynccontextmanager
async def orders_keep_coming(
    customers: Customers, planned: Sequence[PlannedOrder]
) -> AsyncIterator[None]:
    """Place orders during the block; at its end every order begun is placed."""
    enough = asyncio.Event()
    placing = asyncio.create_task(place(customers, planned, enough))
    try:
        yield
        assert not placing.done(), "no more orders came"
    finally:
        enough.set()
        await placing


def nobody_was_refused_twice(ledger: Ledger) -> bool:
    """Whether every customer had a reply, and at most one that was not an order."""
    refusals = Counter(reply.key for reply in ledger.replies if not reply.acknowledges)
    return not ledger.unanswered and max(refusals.values(), default=0) <= 1


def at(order: Any, field: str) -> float:
    return dt.datetime.fromisoformat(order[field]).timestamp()


async def run(*command: str, environment: dict[str, str] | None = None) -> str:
    """Run a command, and return its output; raises when it fails."""
    process = await asyncio.create_subprocess_exec(
        *command,
        cwd=ROOT,
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(_COMMAND_SECONDS):
        output, errors = await process.communicate()
    assert process.returncode == 0, errors.decode()
    return output.decode()


@contextlib.contextmanager
def running_containers() -> Iterator[ContainerShop]:
    """Open the shop with `docker compose up`, and remove it at the end."""
    port = free_port()
    environment = {
        **os.environ,
        "COMPOSE_PROJECT_NAME": f"coffeeshop-{secrets.token_hex(4)}",
        "COFFEE_PORT": str(port),
        "COFFEE_STAFF_KEY": STAFF_KEY,
        "COFFEE_BREW_SPEED": str(BREW_SPEED),
        "COFFEE_VISIBILITY_TIMEOUT": str(VISIBILITY_SECONDS),
        "COFFEE_ORDERS_PER_MINUTE": str(ORDERS_PER_MINUTE),
    }
    shop = ContainerShop(compose_command(), f"http://127.0.0.1:{port}", environment)
    try:
        shop.compose_aloud("up", "-d", "--build")
        with ThreadPoolExecutor(1) as thread:  # a test's loop may run already
            thread.submit(lambda: asyncio.run(shop.opens())).result()
        yield shop
    except BaseException:
        shop.compose_aloud("logs", "--tail=100")
        raise
    finally:
        shop.compose_aloud("down", "-v", "-t", "0")


async def _ready(http: aiohttp.ClientSession, order_id: str) -> Any:
    while (order := await _json(http, f"/orders/{order_id}"))["state"] != "ready":
        assert order["state"] in {"placed", "preparing"}, order
        await asyncio.sleep(0.2)
    return order


async def until(happened: Callable[[], Awaitable[bool]], seconds: float) -> None:
    """Poll until it has happened; raises TimeoutError after so many seconds."""
    async with asyncio.timeout(seconds):
        while not await happened():  # noqa: ASYNC110 - containers set no event of ours
            await asyncio.sleep(0.2)


async def _json(http: aiohttp.ClientSession, path: str) -> Any:
    """Get a document; retry while the answer is 503."""
    async with asyncio.timeout(60):
        while True:
            async with http.get(path) as response:
                if response.status != HTTPStatus.SERVICE_UNAVAILABLE:
                    response.raise_for_status()
                    return await response.json()
            await asyncio.sleep(0.2)
