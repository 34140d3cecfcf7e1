"""A service's only container ends and restarts: nothing is lost, and no request retried twice."""

from __future__ import annotations

import asyncio
import base64
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from email.message import EmailMessage
from functools import partial

import aiohttp
import pytest

from shop.client.live_stream import LiveStream
from tests.support.containers import (
    ContainerShop,
    callers,
    orders_of,
    place,
    retries_until_ok,
    until,
)
from tests.support.mailing import ADDRESS, confirm_path, read
from tests.support.web import AS_STAFF

pytestmark = pytest.mark.timeout(300)

DELIVERED_SECONDS = 90
"""Messages of a killed notifier stay hidden for 30 s."""

SERVICES = ("producer", "notifier")


async def one_of_two_is_killed(shop: ContainerShop) -> None:
    for service in SERVICES:
        await shop.kill((await shop.containers(service))[0])
    await shop.opens()


async def the_only_one_crashes(shop: ContainerShop) -> None:
    for service in SERVICES:
        await shop.crash((await shop.containers(service))[0])
    await shop.opens()


async def the_only_one_is_restarted(shop: ContainerShop) -> None:
    await shop.compose("restart", *SERVICES)
    await shop.opens()


async def test_nobody_is_refused_twice_and_nothing_is_lost_however_services_end(
    shop: ContainerShop,
) -> None:
    await shop.scale(producer=2, notifier=2)
    orders, issues = list[str](), list[str]()
    async with aiohttp.ClientSession(shop.url, headers=AS_STAFF) as http:
        await _subscribe(shop, http)
        async with callers(*_requests(http, orders, issues)) as refused_by_two:
            await one_of_two_is_killed(shop)
        assert refused_by_two <= {0, 1}
        for ends in (the_only_one_crashes, the_only_one_is_restarted):
            async with callers(*_requests(http, orders, issues)) as refused_by_one:
                await ends(shop)
            assert refused_by_one == {0, 1}
    assert set(orders) == set(await shop.recorded(orders))

    async def all_have_come() -> bool:
        return set(issues) <= {mail["Subject"] for mail in await _mail(shop)}

    await until(all_have_come, DELIVERED_SECONDS)


async def test_a_stream_is_resumed_or_reset_when_its_notifier_is_restarted(
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


async def _placed(shop: ContainerShop, count: int) -> Sequence[str]:
    async with shop.customers() as customers:
        await place(customers, orders_of("espresso", "single", count, rate=10))
        return customers.ledger.acknowledged


def _requests(
    http: aiohttp.ClientSession, orders: list[str], issues: list[str]
) -> Sequence[Callable[[], Awaitable[int]]]:
    """The requests to the services; accepted orders and issues are recorded."""
    bo = {"channel": "email", "address": "bo@guests.example"}

    async def order() -> int:
        (planned,) = orders_of("tea", "small", 1, rate=1)
        times = await retries_until_ok(http, "POST", "/orders", planned.body)
        orders.append(planned.body["customer_name"])
        return times

    async def publish() -> int:
        issue = {"subject": f"Issue {len(issues)}", "body": "Only today."}
        times = await retries_until_ok(http, "POST", "/topics/coupons/messages", issue)
        issues.append(issue["subject"])
        return times

    return [
        order,
        publish,
        partial(retries_until_ok, http, "GET", "/menu"),
        partial(retries_until_ok, http, "GET", "/topics"),
        partial(retries_until_ok, http, "PUT", "/topics/seasonal", {"description": "Now and then"}),
        partial(retries_until_ok, http, "POST", "/topics/coffee-trivia/subscriptions", bo),
    ]


async def _subscribe(shop: ContainerShop, http: aiohttp.ClientSession) -> None:
    """Subscribe by e-mail, and follow the link in the mail."""
    request = {"channel": "email", "address": ADDRESS}
    async with http.post("/topics/coupons/subscriptions", json=request) as response:
        assert response.status == 201

    async def asked() -> bool:
        return bool(await _mail(shop))

    await until(asked, 30)
    path, _, token = confirm_path((await _mail(shop))[0]).partition("?token=")
    async with http.post(path, json={"token": token}) as response:
        assert response.ok


async def _mail(shop: ContainerShop) -> Sequence[EmailMessage]:
    """Read the mail that landed in the notifiers' folder."""
    (notifier, *_) = await shop.containers("notifier")
    script = "cd mail && for mail in *.eml; do base64 -w 0 $mail; echo; done || true"
    lines = (await shop.execute(notifier, "sh", "-c", script)).splitlines()
    return [read(base64.b64decode(line)) for line in lines if line]
