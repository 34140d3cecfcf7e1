"""Containers are killed in the middle of their work: what was acknowledged is kept."""

from __future__ import annotations

import asyncio
import base64
import contextlib
from collections import Counter
from collections.abc import Sequence
from email.message import EmailMessage
from functools import partial

import aiohttp
import pytest

from shop.client.live_stream import LiveStream
from tests.support.containers import ContainerShop, orders_of, place, until
from tests.support.mailing import ADDRESS, confirm_path, read
from tests.support.web import AS_STAFF

pytestmark = pytest.mark.timeout(300)

TAKEN_UP_SECONDS = 90
"""A killed worker's orders are hidden for 30 s, and its claims hold for as long."""


async def test_no_order_is_lost_when_containers_are_killed_under_load(shop: ContainerShop) -> None:
    await shop.scale("worker", 2)
    await shop.scale("producer", 2)
    planned = orders_of("espresso", "single", 80, rate=10)
    async with shop.customers() as customers:
        placing = asyncio.create_task(place(customers, planned))
        for service in ("worker", "producer"):
            await shop.kill((await shop.containers(service))[0])
        await placing
    assert len(customers.ledger.acknowledged) == len(planned)
    assert not customers.ledger.unanswered
    await shop.ready(customers.ledger.acknowledged, TAKEN_UP_SECONDS)
    names = [order.body["customer_name"] for order in planned]
    assert sorted(await shop.recorded(names)) == names


@pytest.mark.parametrize("header", ["Idempotency-Key", None])
async def test_a_cashier_that_vanishes_with_a_request_costs_one_that_may_be_sent_again_at_most(
    shop: ContainerShop, header: str | None
) -> None:
    await shop.scale("producer", 2)
    frozen = (await shop.containers("producer"))[0]
    await shop.execute(frozen, "sh", "-c", "kill -STOP $(cat /proc/1/task/1/children)")
    answered: Counter[tuple[int, str | None]] = Counter()
    async with aiohttp.ClientSession(shop.url, headers=AS_STAFF) as http:

        async def order_once(key: str, body: object) -> None:
            headers = {header: key} if header else {}
            async with http.post("/orders", json=body, headers=headers) as response:
                answered[response.status, response.headers.get("Retry-After")] += 1

        async with asyncio.TaskGroup() as group:
            for order in (planned := orders_of("espresso", "single", 16, rate=100)):
                group.create_task(order_once(order.key, order.body))
            await asyncio.sleep(2)  # those that the frozen one has say nothing
            await shop.kill(frozen)
    names = [order.body["customer_name"] for order in planned]
    placed, put_off = answered[201, None], answered[503, "1"]
    assert placed + put_off == len(planned)
    assert len(await shop.recorded(names)) == placed
    assert bool(put_off) is (header is None)


async def test_a_stream_is_resumed_or_told_of_the_gap_when_its_notifier_is_restarted(
    shop: ContainerShop,
) -> None:
    await shop.scale("notifier", 1)
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
    await shop.scale("notifier", 2)
    async with aiohttp.ClientSession(shop.url, headers=AS_STAFF) as http:
        await _subscribe(shop, http)
        issues = [f"Issue {number}" for number in range(12)]
        publishing = asyncio.create_task(_publish_all(http, issues))
        await shop.kill((await shop.containers("notifier"))[0])
        await shop.scale("notifier", 2)
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
