"""Containers are killed in the middle of their work: what was acknowledged is kept."""

from __future__ import annotations

import asyncio
import base64
import contextlib
from collections.abc import Sequence
from email.message import EmailMessage
from functools import partial

import aiohttp
import pytest

from shop.client.live_stream import LiveStream
from shop.load.plan import PlannedOrder
from tests.support.containers import (
    SLOTS,
    ContainerShop,
    nobody_was_put_off_twice,
    orders_keep_coming,
    orders_of,
    place,
    until,
)
from tests.support.mailing import ADDRESS, confirm_path, read
from tests.support.web import AS_STAFF

pytestmark = pytest.mark.timeout(300)

TAKEN_UP_SECONDS = 90
"""A killed container's work is hidden for 10 s or 30 s, and its claims hold for as long."""

KEY = "Idempotency-Key"
Answer = tuple[int, str | None]
"""The status, and when to come again."""


async def test_no_order_is_lost_when_containers_are_killed_under_load(shop: ContainerShop) -> None:
    await shop.scale(worker=3, producer=2)
    full_house = orders_of("latte", "large", 5 * SLOTS, rate=1000, quantity=3)
    steady = orders_of("latte", "large", 1000, rate=1, quantity=3)

    async def all_workers_are_busy() -> bool:
        return await shop.preparing() > 2 * SLOTS

    async with shop.attempts() as attempts, shop.customers() as customers:
        async with orders_keep_coming(customers, [*full_house, *steady]):
            await until(all_workers_are_busy, 30)
            for service in ("worker", "producer"):
                await shop.kill((await shop.containers(service))[0])
        ledger = customers.ledger
        taken = await attempts.of(ledger.acknowledged, TAKEN_UP_SECONDS)
    assert 1 <= sum(attempt > 1 for attempt in taken) <= SLOTS
    names = {attempt.customer_name for attempt in ledger.attempts}
    assert sorted(await shop.recorded(names)) == sorted(names)
    assert nobody_was_put_off_twice(ledger)


@pytest.mark.parametrize("dies", [False, True])
async def test_a_cashier_that_hangs_or_dies_with_a_request_costs_time_or_one_that_is_told_so(
    shop: ContainerShop, *, dies: bool
) -> None:
    await shop.scale(producer=2)
    frozen = (await shop.containers("producer"))[0]
    await shop.execute(frozen, "sh", "-c", "kill -STOP $(cat /proc/1/task/1/children)")
    try:
        asking = asyncio.create_task(_answers(shop, orders := orders_of("tea", "small", 40, 20)))
        if dies:
            await asyncio.sleep(3)  # those that the frozen one has say nothing
            await shop.kill(frozen)
        answers = await asking
    finally:
        if not dies:
            await shop.kill(frozen)
    with_key, without = answers[::2], answers[1::2]
    assert set(with_key) == {(201, None)}
    assert set(without) == {(201, None), (503, "1")}
    names = {order.body["customer_name"] for order in orders}
    assert len(await shop.recorded(names)) == answers.count((201, None))


async def _answers(shop: ContainerShop, planned: Sequence[PlannedOrder]) -> Sequence[Answer]:
    """Ask once for each order when it is due, for every other one under its key."""
    async with aiohttp.ClientSession(shop.url, headers=AS_STAFF) as http:

        async def ask(order: PlannedOrder, headers: dict[str, str]) -> Answer:
            await asyncio.sleep(order.due)
            async with http.post("/orders", json=order.body, headers=headers) as response:
                return response.status, response.headers.get("Retry-After")

        async with asyncio.TaskGroup() as group:
            asking = [
                group.create_task(ask(order, {} if number % 2 else {KEY: order.key}))
                for number, order in enumerate(planned)
            ]
        return [task.result() for task in asking]


async def test_a_stream_is_resumed_or_told_of_the_gap_when_its_notifier_is_restarted(
    shop: ContainerShop,
) -> None:
    await shop.scale(notifier=1)
    seen: list[str] = []
    async with aiohttp.ClientSession(f"{shop.url}/", headers=AS_STAFF) as http:
        stream = LiveStream(http, topics="order-events")
        async with stream.open() as events, asyncio.timeout(60):
            (before,) = await _placed(shop, 1)
            while before not in "".join(seen):
                seen.append((await anext(events)).data)
            await shop.compose("restart", "notifier")
            await _placed(shop, 1)
            with contextlib.suppress(StopAsyncIteration, aiohttp.ClientError):
                while True:
                    seen.append((await anext(events)).data)
        await shop.serves("/topics")
        async with stream.open() as events, asyncio.timeout(60):
            assert (await anext(events)).kind == "reset"
            (after,) = await _placed(shop, 1)
            while after not in (await anext(events)).data:
                pass


async def test_an_issue_that_was_taken_is_delivered_though_its_notifiers_are_killed(
    shop: ContainerShop,
) -> None:
    await shop.scale(notifier=2)
    async with aiohttp.ClientSession(shop.url, headers=AS_STAFF) as http:
        await _subscribe(shop, http)
        issues = [f"Issue {number}" for number in range(12)]
        publishing = asyncio.create_task(_publish_all(http, issues))
        await shop.kill((await shop.containers("notifier"))[0])
        await shop.scale(notifier=2)
        await shop.kill((await shop.containers("notifier"))[0])
        await publishing

    async def all_have_come() -> bool:
        return set(issues) <= {mail["Subject"] for mail in await _mail(shop)}

    await until(all_have_come, TAKEN_UP_SECONDS)


async def _placed(shop: ContainerShop, count: int) -> Sequence[str]:
    async with shop.customers() as customers:
        await place(customers, orders_of("espresso", "single", count, rate=10))
        return customers.ledger.acknowledged


async def _subscribe(shop: ContainerShop, http: aiohttp.ClientSession) -> None:
    """Subscribe by e-mail, and follow the link in the mail."""
    wish = {"channel": "email", "address": ADDRESS}
    async with http.post("/topics/coupons/subscriptions", json=wish) as response:
        assert response.status == 201

    async def asked() -> bool:
        return bool(await _mail(shop))

    await until(asked, 30)
    path, _, token = confirm_path((await _mail(shop))[0]).partition("?token=")
    async with http.post(path, json={"token": token}) as response:
        assert response.ok


async def _publish_all(http: aiohttp.ClientSession, issues: Sequence[str]) -> None:
    """Publish issue by issue, each until it is taken."""
    for issue in issues:
        await until(partial(_publish, http, issue), 30)
        await asyncio.sleep(0.3)


async def _publish(http: aiohttp.ClientSession, issue: str) -> bool:
    body = {"subject": issue, "body": "Only today."}
    async with http.post("/topics/coupons/messages", json=body) as response:
        assert response.status == 202 or (
            response.status == 503 and response.headers["Retry-After"]
        )
        return response.status == 202


async def _mail(shop: ContainerShop) -> Sequence[EmailMessage]:
    """Read the mail that landed in the notifiers' folder."""
    (notifier, *_) = await shop.containers("notifier")
    script = "cd mail && for mail in *.eml; do base64 -w 0 $mail; echo; done || true"
    lines = (await shop.execute(notifier, "sh", "-c", script)).splitlines()
    return [read(base64.b64decode(line)) for line in lines if line]
