"""A real order costs what `coffeeshop plan` charges for it, counted off the wire."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from producer.settings import CashierSettings
from shared.aws.clients import aws_clients
from shared.aws.prices import US_EAST_1
from shared.clock import utc_now
from shared.domain.order import OrderState
from shared.runtime.settings import StoreKind
from shared.store.contract import Store
from shared.store.factory import open_store
from shop.processes.probe import wait_until_healthy
from shop.processes.provision import provision_shop
from shop.scaling.charges import CHANGES, HEARTBEAT_BYTES, Load, charges
from tests.support.cashier import ServedCashier, open_cashier, settings_for
from tests.support.emulator import free_port
from tests.support.faults.aws_wire import Answer, Call
from tests.support.faults.proxy import open_proxy
from tests.support.faults.rules import Faults
from tests.support.waiting import eventually

ORDERS, SLOTS = 8, 4
CHOCOLATE_SECONDS, BREW_SPEED = 50, 20
PREP_SECONDS = CHOCOLATE_SECONDS / BREW_SPEED
VISIBILITY_SECONDS = 3
CHOCOLATE = {
    "customer_name": "Ada",
    "items": [{"item": "hot-chocolate", "size": "large", "modifiers": [], "quantity": 1}],
}
QUEUES = 2
"""Subscribers' and that of live streams receive every change."""

STATUS = '"status"'
SUBJECTS = ("shift#", "cashier#", "routes#", STATUS)
"""Other keys than orders' that are written or queried in the table."""

LOAD = Load(
    orders_per_second=SLOTS / PREP_SECONDS,
    prep_seconds=PREP_SECONDS,
    acceptable_wait=60,
    concurrency=SLOTS,
    cashiers=1,
    lease_seconds=VISIBILITY_SECONDS / 3,
)
"""A load that fills all slots of one barista, which extends its leases every second."""


class Meter:
    """Counts the requests that take effect, as `who action subject`, and the entries of batches."""

    def __init__(self) -> None:
        self.requests: Counter[str] = Counter()
        self.entries: Counter[str] = Counter()
        self.heartbeats: list[dict[str, dict[str, str]]] = []

    async def before(self, who: str, call: Call) -> None:
        """Count nothing yet."""

    async def after(self, who: str, call: Call, answer: Answer) -> None:
        if call.action == "ReceiveMessage" and not answer.document.get("Messages"):
            return
        if call.action == "PutItem" and b"shift#" in call.body:
            self.heartbeats.append(call.document["Item"])
        subjects = [subject for subject in SUBJECTS if subject.encode() in call.body]
        self.requests[" ".join([who, call.action, *subjects])] += 1
        self.entries[f"{who} {call.action}"] += len(call.entries)
        self.entries[f"{who} {call.action} no subscribers"] += call.body.count(b"Name=subscribers")


@contextlib.asynccontextmanager
async def process(module: str, endpoint: str, settings: CashierSettings) -> AsyncIterator[str]:
    """Run a service as its own process, and give its address."""
    port = free_port()
    environment = {
        "COFFEE_AWS_ENDPOINT_URL": endpoint,
        "COFFEE_NAME_PREFIX": settings.name_prefix,
        "COFFEE_STATE_DIR": str(settings.state_dir),
        "COFFEE_STORE": settings.store,
        "COFFEE_PORT": str(port),
        "COFFEE_BREW_SPEED": str(BREW_SPEED),
        "COFFEE_WORKER_CONCURRENCY": str(SLOTS),
        "COFFEE_POLL_SECONDS": "1",
    }
    if module == "worker":
        environment["COFFEE_VISIBILITY_TIMEOUT"] = str(VISIBILITY_SECONDS)
    started = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", module),
        env={**os.environ, **environment},
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        started.terminate()
        async with asyncio.timeout(20):
            await started.wait()


@contextlib.asynccontextmanager
async def open_shop(settings: CashierSettings, meter: Meter) -> AsyncIterator[ServedCashier]:
    """Open a shop of three services; each reaches AWS through its own metered proxy."""
    await provision_shop(settings)
    emulator = str(settings.aws_endpoint_url)
    async with contextlib.AsyncExitStack() as stack:
        proxies = [
            (await stack.enter_async_context(open_proxy(who, emulator, Faults(0), meter))).url
            for who in ("cashier", "barista", "notifier")
        ]
        notifier = await stack.enter_async_context(process("notifier", proxies[2], settings))
        async with asyncio.timeout(20):
            await wait_until_healthy(f"{notifier}/readyz")
        await stack.enter_async_context(process("worker", proxies[1], settings))
        await eventually(lambda: bool(meter.heartbeats), 20)
        yield await stack.enter_async_context(open_cashier(settings, through=proxies[0]))


async def serve(cashier: ServedCashier, store: Store) -> None:
    """Place orders that a barista starts one after the other, and collect each when it is ready.

    All are placed before the first is ready, so that no slot is free until the last ones.
    """

    async def is_in(order_id: str, state: OrderState) -> bool:
        order = await store.get(order_id)
        return order is not None and order.state is state

    async def reaches(order_id: str, state: OrderState) -> None:
        async with asyncio.timeout(30):
            while not await is_in(order_id, state):  # noqa: ASYNC110 - as eventually
                await asyncio.sleep(0.05)

    placed: list[str] = []
    for _ in range(ORDERS):
        placed.append((await cashier.place(CHOCOLATE)).body["id"])
        if len(placed) <= SLOTS:
            await reaches(placed[-1], OrderState.PREPARING)
    for order_id in placed:
        await reaches(order_id, OrderState.READY)
        assert (await cashier.staff("POST", f"/orders/{order_id}/collect")).status == 200


def item_bytes(item: Mapping[str, Mapping[str, str | bool]]) -> int:
    """Roughly the size of an item as DynamoDB counts it; it counts numbers a bit smaller."""
    values = ((name, value) for name, typed in item.items() for value in typed.values())
    return sum(len(name) + (1 if value is True else len(str(value))) for name, value in values)


@dataclass(frozen=True)
class Run:
    """The requests counted while orders were served."""

    requests: Counter[str]
    seconds: float
    heartbeat: Mapping[str, Mapping[str, str]]

    def per_order(self, *actions: str) -> float:
        return sum(self.requests[action] for action in actions) / ORDERS

    def per_second(self, action: str) -> float:
        return self.requests[action] / self.seconds


@pytest.fixture
async def run(ministack: str, tmp_path: Path) -> Run:
    settings, meter = settings_for(ministack, tmp_path, store=StoreKind.DYNAMODB), Meter()
    async with (
        open_shop(settings, meter) as cashier,
        aws_clients(settings) as clients,
        open_store(settings, clients.dynamodb, utc_now) as store,
    ):
        before, began = meter.requests.copy(), time.monotonic()
        await serve(cashier, store)
        seconds = time.monotonic() - began
        received = QUEUES * CHANGES * ORDERS
        await eventually(lambda: meter.entries["notifier DeleteMessageBatch"] == received)
        await eventually(lambda: meter.entries["barista DeleteMessageBatch"] == ORDERS)
        assert meter.entries["cashier PublishBatch no subscribers"] == ORDERS
        return Run(meter.requests - before, seconds, meter.heartbeats[-1])


def in_batches(counted: float, planned: float) -> bool:
    """Whether requests are no more than planned, and no fewer than in full batches."""
    return planned / 10 <= counted <= planned * 1.3


async def test_an_order_takes_what_the_plan_charges_for_it(run: Run) -> None:
    plan = {charge.what: charge.per_order for charge in charges(LOAD, US_EAST_1)}

    puts = run.per_order("cashier PutItem", "barista PutItem")
    assert puts == sum(plan[f"writes: {what}"] for what in ("its four changes", "claims renewed"))
    assert run.per_order("cashier UpdateItem") <= 4 / ORDERS, "numbers are taken 1, 2, 4 … at once"
    gets = run.per_order("cashier GetItem", "barista GetItem")
    assert gets == 2 * plan["reads: claimed, collected, half a unit each"]
    assert run.per_order(f"cashier GetItem {STATUS}") <= plan["reads: shop's status"]
    sent = run.per_order("cashier SendMessageBatch")
    assert sent == plan["tickets sent"]

    # What comes together shares a query, and simultaneous calls a request: on a busy machine more.
    queried = run.per_order("notifier Query routes#")
    assert in_batches(queried, plan["reads: subscribers, of all and of it"])
    received = run.per_order("barista ReceiveMessage")
    assert in_batches(received, plan["tickets received"])
    deleted = run.per_order("barista DeleteMessageBatch")
    assert in_batches(deleted, plan["tickets deleted"])
    announced = run.per_order("cashier PublishBatch", "barista PublishBatch")
    assert in_batches(announced, plan["changes announced"])
    handled = run.per_order("notifier ReceiveMessage", "notifier DeleteMessageBatch")
    assert in_batches(
        handled,
        plan["changes received for subscribers"] + plan["changes received for live streams"],
    )

    # Timers fire at a fixed rate, whatever the orders.
    extended = run.per_second("barista ChangeMessageVisibilityBatch")
    assert extended == pytest.approx(plan["leases extended"] * LOAD.orders_per_second, rel=0.5)
    sampled = run.per_second("cashier GetQueueAttributes")
    assert sampled == pytest.approx(
        plan["backlog counted by cashiers"] * LOAD.orders_per_second, rel=0.5
    )
    assert run.requests["cashier Query shift#"] <= run.seconds + 1
    assert run.requests["barista PutItem shift#"] == pytest.approx(
        LOAD.heartbeats_per_second * run.seconds, abs=1
    )
    longer_than_30 = len(run.heartbeat["barista"]["S"]) - 30
    assert item_bytes(run.heartbeat) - 2 * longer_than_30 == pytest.approx(HEARTBEAT_BYTES, rel=0.1)
