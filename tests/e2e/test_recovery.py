"""A whole shop that loses power, or its queue: every order that was acknowledged becomes ready."""

from __future__ import annotations

import asyncio
import contextlib
import json
import signal
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
import pytest_asyncio
from httpx_sse import aconnect_sse

from shared.aws.clients import AwsClients, aws_clients
from shared.aws.names import Names
from shared.aws.provisioning import MAX_RECEIVE_COUNT
from shared.aws.queue import SqsQueue
from shared.runtime.settings import ServiceSettings
from tests.support.emulator import free_port
from tests.support.shop import ORDER, RunningShop, open_shop, reaches

pytestmark = [pytest.mark.timeout(240), pytest.mark.asyncio(loop_scope="module")]

QUICK = {
    "COFFEE_BREW_SPEED": "0",
    "COFFEE_VISIBILITY_TIMEOUT": "4",
    "COFFEE_ORDERS_PER_MINUTE": "0",
    "COFFEE_ORDER_SECONDS": "4",
    "COFFEE_RECONCILE_SECONDS": "1",
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shop(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningShop]:
    """A shop that tests share, and whose only barista is suspended for a while by each."""
    folder = tmp_path_factory.mktemp("shop") / "var"
    async with open_shop(
        folder, None, **QUICK, COFFEE_BARISTAS="1", COFFEE_WATCHDOG_SECONDS="0"
    ) as shop:
        yield shop


@dataclass
class Customers:
    """Places orders, each under a key of its own, until the shop acknowledges it."""

    url: str
    acknowledged: dict[str, str] = field(default_factory=dict)

    async def place(self, keys: Iterable[str], rate: float) -> None:
        async with (
            httpx.AsyncClient(base_url=self.url, timeout=15, trust_env=False) as client,
            asyncio.TaskGroup() as group,
        ):
            for key in keys:
                group.create_task(self._place(client, key))
                await asyncio.sleep(1 / rate)

    async def _place(self, client: httpx.AsyncClient, key: str) -> None:
        while key not in self.acknowledged:
            with contextlib.suppress(httpx.TransportError):
                answer = await client.post("/orders", json=ORDER, headers={"Idempotency-Key": key})
                if answer.is_success:
                    self.acknowledged[key] = answer.json()["id"]
                    return
                assert answer.status_code == 503, answer.text
            await asyncio.sleep(1)  # hundreds of customers try again meanwhile

    async def have(self, count: int) -> None:
        while len(self.acknowledged) < count:  # noqa: ASYNC110 - the shop is another process
            await asyncio.sleep(0.02)


async def kill_everything(shop: RunningShop) -> None:
    """Cut the power."""
    supervisor = psutil.Process(shop.process.pid)
    everything = [supervisor, *supervisor.children(recursive=True)]
    for process in everything:
        process.send_signal(signal.SIGKILL)
    await asyncio.to_thread(psutil.wait_procs, everything[1:], timeout=10)
    await shop.process.wait()


async def every_order(shop: RunningShop) -> AsyncIterator[dict[str, Any]]:
    async with httpx.AsyncClient(base_url=shop.url, headers=shop.staff) as staff:
        cursor: dict[str, str] = {}
        while True:
            page = (await staff.get("/orders", params={"limit": 100, **cursor})).json()
            for order in page["orders"]:
                yield order
            if page["next_cursor"] is None:
                return
            cursor = {"cursor": page["next_cursor"]}


async def all_are_ready(shop: RunningShop, seconds: float) -> dict[str, dict[str, Any]]:
    """Wait until no order waits for anything; give them by their ids."""
    async with asyncio.timeout(seconds):
        while True:
            orders = {order["id"]: order async for order in every_order(shop)}
            states = Counter(order["state"] for order in orders.values())
            if states.keys() == {"ready"}:
                return orders
            await asyncio.sleep(0.5)


async def test_what_was_acknowledged_is_ready_once_though_all_is_killed_three_times(
    tmp_path: Path,
) -> None:
    port = free_port()
    customers = Customers(f"http://127.0.0.1:{port}")
    keys = sorted(f"order-{uuid.uuid4()}" for _ in range(500))
    placing = asyncio.create_task(customers.place(keys, rate=40))
    for count in (100, 250, 400):
        async with open_shop(tmp_path / "var", port, **QUICK) as shop:
            await customers.have(count)
            await kill_everything(shop)
    async with open_shop(tmp_path / "var", port, **QUICK) as shop:
        await placing
        orders = await all_are_ready(shop, 60)

    assert sorted(customers.acknowledged) == keys
    assert sorted(orders) == sorted(customers.acknowledged.values())
    for order in orders.values():
        assert [entry["state"] for entry in order["timeline"]] == ["placed", "preparing", "ready"]


async def test_orders_are_ready_though_only_the_queue_is_lost_and_are_announced_again(
    shop: RunningShop,
) -> None:
    """The orders are in the queue of an emulator that is killed; nobody else notices."""
    async with httpx.AsyncClient(base_url=shop.url, timeout=20) as client:
        (barista,) = shop.children("worker")
        barista.suspend()
        placed = [(await client.post("/orders", json=ORDER)).json()["id"] for _ in range(20)]
        (emulator,) = shop.children("shop.processes.emulator")
        emulator.kill()
        emulator.wait(5)
        barista.resume()
        for order_id in placed:
            order = await reaches(client, order_id, "ready", seconds=40)
            assert order["version"] == 3


async def test_after_a_power_cut_what_happened_before_is_announced_again_under_the_same_ids(
    tmp_path: Path,
) -> None:
    async with open_shop(tmp_path / "var", None, **QUICK) as shop:
        async with httpx.AsyncClient(base_url=shop.url) as client:
            order_id = (await client.post("/orders", json=ORDER)).json()["id"]
            await reaches(client, order_id, "ready")
        await kill_everything(shop)
    async with open_shop(tmp_path / "var", None, **QUICK) as again:
        assert await event_ids(again, order_id, 3) == [
            f"{order_id}:{version}" for version in (1, 2, 3)
        ]
        assert await again.close() == 0
    async with open_shop(tmp_path / "var", None, **QUICK) as third:
        assert await third.close() == 0
        assert third.log.read_text().count("announcements.republished") == 1


async def event_ids(shop: RunningShop, order_id: str, count: int) -> list[str]:
    """Follow an order until so many events have arrived; return their ids."""
    ids: list[str] = []
    async with (
        httpx.AsyncClient(base_url=shop.url, timeout=30) as client,
        aconnect_sse(client, "GET", f"/events?order_id={order_id}") as source,
        asyncio.timeout(30),
    ):
        async for message in source.aiter_sse():
            if message.data and message.event != "beat":
                assert message.event == "message"
                ids.append(json.loads(message.data)["id"])
                if len(ids) == count:
                    break
    return ids


async def test_an_order_that_failed_is_redriven_and_becomes_ready(shop: RunningShop) -> None:
    async with httpx.AsyncClient(base_url=shop.url) as client:
        (barista,) = shop.children("worker")
        barista.suspend()
        await asyncio.sleep(1.5)  # for as long as its last poll may still be given a ticket
        order_id = (await client.post("/orders", json=ORDER)).json()["id"]
        await receive_in_vain(shop.emulator_settings(), MAX_RECEIVE_COUNT)
        await reaches(client, order_id, "failed")

        (letter,) = json.loads((await shop.command("dlq", "list", "--json"))[1])
        assert (letter["order_id"], letter["attempts"]) == (order_id, MAX_RECEIVE_COUNT)
        status, said = await shop.command("dlq", "redrive", "--all")
        assert (status, said) == (0, "Redriven: 1 of 1\n")
        barista.resume()
        order = await reaches(client, order_id, "ready")
        assert [entry["state"] for entry in order["timeline"]] == [  # type: ignore[attr-defined]
            *("placed", "failed", "placed", "preparing", "ready")
        ]
        assert json.loads((await shop.command("dlq", "list", "--json"))[1]) == []


async def receive_in_vain(settings: ServiceSettings, times: int) -> None:
    """Receive a ticket as baristas would that die over it, until SQS gives up on it."""
    async with aws_clients(settings) as clients:
        queue = SqsQueue(clients.sqs, await url_of(clients, Names().orders), wait_time=1)
        for _ in range(times):
            (ticket,) = await queue.receive(10)
            await queue.extend(ticket, 0)
        assert await queue.receive(10) == []
        await queue.close()


async def url_of(clients: AwsClients, queue: str) -> str:
    return (await clients.sqs.get_queue_url(QueueName=queue))["QueueUrl"]
