"""Holds orders at one worker, counts its requests on the wire, and measures its CPU time."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
import time
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from shared.aws.clients import AwsClients, aws_clients
from shared.aws.names import Names
from shared.aws.queue import SqsQueue
from shared.aws.queues import open_orders_queue
from shared.clock import utc_now
from shared.domain.order import Order, OrderState, advance
from shared.messages.ticket import send_ticket, ticket_for
from shared.runtime.settings import ServiceSettings, StoreKind
from shared.store.contract import Store
from shared.store.factory import open_store
from shop.processes.provision import provision_shop
from tests.support.emulator import CREDENTIAL_VARIABLES, CREDENTIALS
from tests.support.faults.aws_wire import Answer, Call
from tests.support.faults.proxy import open_proxy
from tests.support.faults.rules import Faults
from tests.support.orders import an_order
from tests.support.waiting import until

SETTLES_WITHIN = 30


@dataclass(frozen=True, slots=True)
class Held:
    """What holding cost: requests by action, CPU seconds, and how long the last tap took.

    `attempts` are those of the orders at the end; `received` is how many tickets were received.
    """

    seconds: float
    requests: Mapping[str, int]
    cpu_seconds: float
    attempts: Sequence[int]
    received: int
    let_go_seconds: float

    @property
    def cpu(self) -> float:
        """CPU time as a fraction of one processor."""
        return self.cpu_seconds / self.seconds


@dataclass
class _Meter:
    requests: Counter[str] = field(default_factory=Counter)
    received: int = 0

    async def before(self, who: str, call: Call) -> None:
        """Count nothing yet."""

    async def after(self, _: str, call: Call, answer: Answer) -> None:
        if call.action == "ReceiveMessage":
            self.received += len(answer.document.get("Messages", []))
        heartbeat = " of heartbeats" if b"shift#" in call.body else ""
        self.requests[f"{call.action}{heartbeat}"] += 1


@dataclass(frozen=True, slots=True)
class _Bar:
    store: Store
    queue: SqsQueue
    orders: Sequence[Order]

    async def now(self) -> Sequence[Order]:
        return await self.store.orders_by_id([order.id for order in self.orders])

    async def all_in_hand(self) -> bool:
        return all(order.state is OrderState.PREPARING for order in await self.now())

    async def nothing_queued(self) -> bool:
        return await self.queue.waiting_and_in_flight() == (0, 0)

    async def complete_all(self) -> None:
        for order in await self.now():
            ready = advance(order, OrderState.READY, utc_now(), "owner")
            await self.store.replace(order, ready)


async def measure(
    emulator: str,
    folder: Path,
    *,
    orders: int,
    seconds: float,
    visibility: int = 30,
    store: StoreKind = StoreKind.SQLITE,
) -> Held:
    """Let one worker hold so many orders for a time; then complete them all at once."""
    settings = ServiceSettings(
        aws_endpoint_url=emulator,
        aws_access_key_id=CREDENTIALS.access_key_id,
        aws_secret_access_key=CREDENTIALS.secret_access_key,
        state_dir=folder,
        store=store,
        name_prefix=f"h{uuid.uuid4().hex[:8]}-",
    )
    meter = _Meter()
    async with contextlib.AsyncExitStack() as stack:
        await provision_shop(settings)
        clients = await stack.enter_async_context(aws_clients(settings))
        bar = await stack.enter_async_context(_bar(settings, clients, orders))
        proxy = await stack.enter_async_context(open_proxy("worker", emulator, Faults(0), meter))
        worker = await stack.enter_async_context(_worker(settings, proxy.url, visibility, orders))
        await until(bar.all_in_hand, SETTLES_WITHIN)
        before, cpu = Counter(meter.requests), _cpu_seconds(worker)
        await asyncio.sleep(seconds)
        spent, requests = _cpu_seconds(worker) - cpu, meter.requests - before
        attempts = [order.attempt for order in await bar.now()]
        await bar.complete_all()
        tapped = time.monotonic()
        await until(bar.nothing_queued, SETTLES_WITHIN)
        let_go = time.monotonic() - tapped
    return Held(seconds, requests, spent, attempts, meter.received, let_go)


@contextlib.asynccontextmanager
async def _bar(settings: ServiceSettings, clients: AwsClients, orders: int) -> AsyncIterator[_Bar]:
    async with (
        open_store(settings, clients.dynamodb, utc_now) as store,
        open_orders_queue(clients, Names(settings.name_prefix)) as queue,
    ):
        placed = [(await store.place(an_order(), utc_now().date())).order for _ in range(orders)]
        for order in placed:
            await send_ticket(queue, ticket_for(order))
        yield _Bar(store, queue, placed)


@contextlib.asynccontextmanager
async def _worker(
    settings: ServiceSettings, endpoint: str, visibility: int, orders: int
) -> AsyncIterator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "worker"),
        env={
            **os.environ,
            **CREDENTIAL_VARIABLES,
            "COFFEE_AWS_ENDPOINT_URL": endpoint,
            "COFFEE_STATE_DIR": str(settings.state_dir),
            "COFFEE_STORE": settings.store,
            "COFFEE_NAME_PREFIX": settings.name_prefix,
            "COFFEE_BARISTA_HAND": "people",
            "COFFEE_WORKER_CONCURRENCY": str(orders),
            "COFFEE_VISIBILITY_TIMEOUT": str(visibility),
            "COFFEE_LOG_LEVEL": "WARNING",
        },
    )
    try:
        yield process
    finally:
        process.terminate()
        await process.wait()


def _cpu_seconds(process: asyncio.subprocess.Process) -> float:
    times = psutil.Process(process.pid).cpu_times()
    return times.user + times.system
