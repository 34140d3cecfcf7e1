"""Defects that were found in other consumers of SQS, looked for in this one.

The one that a message which is twice in a batch fails all of it is in `test_sqs_queue.py`.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import sys
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from aiobotocore.session import AioSession

from shared.aws.clients import aws_clients
from shared.aws.names import Names
from shared.aws.provisioning import provision
from shared.aws.queue import SqsQueue
from shared.aws.queues import open_orders_queue
from shared.consuming.consumer import Consumer, ConsumerLimits
from shared.consuming.message import Message
from shared.consuming.outcome import Done, Outcome
from shared.domain.order import OrderState
from shared.messages.ticket import Ticket
from shared.runtime.settings import ServiceSettings
from shared.store.contract import Store
from shared.store.factory import open_store
from tests.support.emulator import free_port, running_ministack
from tests.support.orders import NOON, an_order

PLACED = 10
SLOTS = 2
"""How many orders a barista prepares at once."""


@dataclass
class Line:
    """The queue of one shop, the orders that wait in it, and the requests that its client made."""

    queue: SqsQueue
    store: Store
    requests: Counter[str]

    async def place(self, count: int, *, prep_seconds: int) -> list[str]:
        orders = [an_order(prep_seconds=prep_seconds) for _ in range(count)]
        for order in orders:
            await self.store.place(order, NOON.date())
            ticket = Ticket(
                order_id=order.id, store_id=order.store_id, correlation_id=order.correlation_id
            )
            await self.queue.send(ticket.model_dump_json())
        return [order.id for order in orders]

    async def reach(self, order_ids: list[str], state: OrderState, count: int) -> None:
        """Wait until so many of the orders are in a state."""
        async with asyncio.timeout(20):
            while await self._count(order_ids, state) < count:  # noqa: ASYNC110 - as eventually
                await asyncio.sleep(0.02)

    async def _count(self, order_ids: list[str], state: OrderState) -> int:
        found = [await self.store.get(order_id) for order_id in order_ids]
        return sum(order is not None and order.state is state for order in found)


@pytest.fixture
def settings(ministack: str, tmp_path: Path) -> ServiceSettings:
    prefix = f"{secrets.token_hex(4)}-"
    return ServiceSettings(aws_endpoint_url=ministack, state_dir=tmp_path, name_prefix=prefix)


@contextlib.asynccontextmanager
async def line_of(settings: ServiceSettings) -> AsyncIterator[Line]:
    names = Names(settings.name_prefix)
    requests: Counter[str] = Counter()

    def count(model: Any, **_: object) -> None:
        requests[model.name] += 1

    async with aws_clients(settings) as clients, open_store(settings, None, lambda: NOON) as store:
        await provision(clients, names)
        clients.sqs.meta.events.register("before-call.sqs", count)
        async with open_orders_queue(clients, names, wait_time=1) as queue:
            yield Line(queue, store, requests)


@contextlib.asynccontextmanager
async def barista(
    settings: ServiceSettings, **more: str
) -> AsyncIterator[asyncio.subprocess.Process]:
    """Employ a barista: a real process, which is killed if it has not left at the end."""
    environment = {
        "COFFEE_AWS_ENDPOINT_URL": str(settings.aws_endpoint_url),
        "COFFEE_NAME_PREFIX": settings.name_prefix,
        "COFFEE_STATE_DIR": str(settings.state_dir),
        "COFFEE_WORKER_CONCURRENCY": str(SLOTS),
        "COFFEE_POLL_SECONDS": "1",
        "COFFEE_BREW_SPEED": "1",
        **more,
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "worker",
        env={**os.environ, **environment},
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


@pytest.mark.parametrize("count", [5, 25, 200])
async def test_what_is_being_sent_or_deleted_at_a_shutdown_gets_through(
    settings: ServiceSettings, count: int
) -> None:
    async with line_of(settings) as line:
        sending = [asyncio.create_task(line.queue.send(str(n))) for n in range(count)]
        await asyncio.sleep(0)
    await asyncio.gather(*sending)
    async with line_of(settings) as line:
        assert await line.queue.waiting_and_in_flight() == (count, 0)
        taken: list[Message] = []
        while len(taken) < count:
            taken += await line.queue.receive(10)
        deleting = [asyncio.create_task(line.queue.delete(delivery)) for delivery in taken]
        await asyncio.sleep(0)
    await asyncio.gather(*deleting)
    async with line_of(settings) as line:
        assert await line.queue.waiting_and_in_flight() == (0, 0)


async def test_a_barista_that_has_to_leave_in_mid_work_strands_no_ticket(
    settings: ServiceSettings,
) -> None:
    waits_long = {"COFFEE_VISIBILITY_TIMEOUT": "600", "COFFEE_GRACE_SECONDS": "0.1"}
    async with line_of(settings) as line:
        orders = await line.place(PLACED, prep_seconds=600)
        async with barista(settings, **waits_long) as process:
            await line.reach(orders, OrderState.PREPARING, SLOTS)
            assert await line.queue.waiting_and_in_flight() == (PLACED - SLOTS, SLOTS)
            process.terminate()
            async with asyncio.timeout(10):
                assert await process.wait() == 0
        assert await line.queue.waiting_and_in_flight() == (PLACED, 0)


async def test_a_barista_that_is_killed_has_only_what_it_worked_on_and_that_comes_back(
    settings: ServiceSettings,
) -> None:
    async with line_of(settings) as line:
        orders = await line.place(PLACED, prep_seconds=10)
        async with barista(settings, COFFEE_VISIBILITY_TIMEOUT="3") as process:
            await line.reach(orders, OrderState.PREPARING, SLOTS)
            process.kill()
            await process.wait()
        assert await line.queue.waiting_and_in_flight() == (PLACED - SLOTS, SLOTS)
        async with barista(settings, COFFEE_BREW_SPEED="0"):
            await line.reach(orders, OrderState.READY, PLACED)


async def test_a_barista_goes_on_by_itself_when_the_queue_was_away(tmp_path: Path) -> None:
    port = free_port()
    endpoint = f"http://127.0.0.1:{port}"
    settings = ServiceSettings(aws_endpoint_url=endpoint, state_dir=tmp_path)
    async with contextlib.AsyncExitStack() as processes:
        with running_ministack(port):
            async with line_of(settings) as line:
                process = await processes.enter_async_context(barista(settings))
                orders = await line.place(1, prep_seconds=0)
                await line.reach(orders, OrderState.READY, 1)
        with running_ministack(port):
            async with line_of(settings) as line:
                orders = await line.place(1, prep_seconds=0)
                await line.reach(orders, OrderState.READY, 1)
        assert process.returncode is None


async def test_a_thousand_messages_take_one_client_and_few_requests(
    settings: ServiceSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[str] = []
    create_client = AioSession.create_client

    def noting(session: AioSession, service: str, *args: Any, **kwargs: Any) -> Any:
        made.append(service)
        return create_client(session, service, *args, **kwargs)

    monkeypatch.setattr(AioSession, "create_client", noting)
    handled, stop = Counter[str](), asyncio.Event()

    async def handle(delivery: Message) -> Outcome:
        handled[delivery.body] += 1
        if len(handled) == 1000:
            stop.set()
        return Done()

    async with line_of(settings) as line:
        await asyncio.gather(*(line.queue.send(str(n)) for n in range(1000)))
        assert line.requests["SendMessageBatch"] <= 150
        line.requests.clear()
        await Consumer(line.queue, handle, ConsumerLimits(concurrency=20)).run(stop)
        assert sum(line.requests.values()) <= 350, line.requests
        assert await line.queue.waiting_and_in_flight() == (0, 0)
    assert set(handled.values()) == {1}
    assert sorted(made) == ["sns", "sqs"]


async def test_an_empty_queue_is_no_error_and_no_batch_is_sent_empty(
    settings: ServiceSettings,
) -> None:
    async with line_of(settings) as line:
        assert await line.queue.receive(10) == []
        leaving = [asyncio.create_task(line.queue.send("never mind")) for _ in range(3)]
        await asyncio.sleep(0)
        for task in leaving:
            task.cancel()
        await asyncio.gather(*leaving, return_exceptions=True)
    assert line.requests["ReceiveMessage"] == 1
    assert line.requests["SendMessageBatch"] == 0
