"""The shop on one machine, with everything real: from HTTP to ready, through kills and stops."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
import pytest_asyncio
from aiohttp import web
from httpx_sse import aconnect_sse
from standardwebhooks import Webhook

from tests.support.shop import ORDER, RunningShop, open_shop, reaches
from tests.support.waiting import eventually, until
from tests.support.webhooks import Receiver, receiver

pytestmark = [pytest.mark.timeout(120), pytest.mark.asyncio(loop_scope="module")]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shop(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningShop]:
    """A shop that tests share: whatever they kill in it is back for the next one."""
    folder = tmp_path_factory.mktemp("shop") / "var"
    async with open_shop(
        folder,
        None,
        COFFEE_BREW_SPEED="60",
        COFFEE_VISIBILITY_TIMEOUT="4",
        COFFEE_ALLOW_LOOPBACK_WEBHOOKS="on",
    ) as shop:
        yield shop


async def placed(client: httpx.AsyncClient) -> str:
    response = await client.post("/orders", json=ORDER)
    assert response.status_code == 201, response.text
    order_id: str = response.json()["id"]
    return order_id


async def events_of(shop: RunningShop, order_id: str, until: str) -> list[dict[str, object]]:
    """Follow an order live until it is said to be in a state; give all events."""
    events: list[dict[str, object]] = []
    async with (
        httpx.AsyncClient(base_url=shop.url, timeout=30) as client,
        aconnect_sse(client, "GET", f"/events?order_id={order_id}") as source,
        asyncio.timeout(30),
    ):
        async for message in source.aiter_sse():
            if message.event == "message":
                events.append(json.loads(message.data))
                if events[-1]["type"] == f"coffeeshop.order.{until}.v1":
                    break
    return events


async def test_an_order_goes_from_http_to_ready_and_every_step_is_streamed_live(
    shop: RunningShop,
) -> None:
    async with httpx.AsyncClient(base_url=shop.url) as client:
        order_id = await placed(client)
        events = await events_of(shop, order_id, "ready")
        order = await reaches(client, order_id, "ready")
        assert {event["id"] for event in events} <= {f"{order_id}:{n}" for n in (1, 2, 3)}
        assert events[-1]["id"] == f"{order_id}:3"
        assert [entry["state"] for entry in order["timeline"]] == ["placed", "preparing", "ready"]  # type: ignore[attr-defined]
        board = (await client.get("/board/orders")).json()
        assert [entry["number"] for entry in board["ready"]].count(order["number"]) == 1
        collected = await client.post(f"/orders/{order_id}/collect", headers=shop.staff)
        assert collected.json()["state"] == "collected"


async def test_closing_finishes_what_is_begun_exits_with_0_leaves_no_process_and_keeps_the_orders(
    tmp_path: Path,
) -> None:
    async with open_shop(tmp_path / "var", COFFEE_BREW_SPEED="45") as shop:
        children = psutil.Process(shop.process.pid).children(recursive=True)
        assert len(children) == 3
        async with httpx.AsyncClient(base_url=shop.url) as client:
            ready = await placed(client)
            await reaches(client, ready, "ready")
            begun = await placed(client)
            await reaches(client, begun, "preparing")
        assert await shop.close() == 0
        assert not [child for child in children if child.is_running()]
    async with (
        open_shop(tmp_path / "var", COFFEE_BREW_SPEED="45") as again,
        httpx.AsyncClient(base_url=again.url) as client,
    ):
        assert (await client.get(f"/orders/{ready}")).json()["state"] == "ready"
        order = (await client.get(f"/orders/{begun}")).json()
        assert order["state"] == "ready"
        assert order["version"] == 3
        assert (await client.get(f"/orders/{await placed(client)}")).json()["number"] == "003"


async def test_closing_announces_what_it_finishes_before_the_streams_end_and_takes_no_more_orders(
    tmp_path: Path,
) -> None:
    async with (
        open_shop(tmp_path / "var", COFFEE_BREW_SPEED="15") as shop,
        httpx.AsyncClient(base_url=shop.url) as client,
    ):
        order_id = await placed(client)
        events = asyncio.create_task(events_of(shop, order_id, "ready"))
        follower = asyncio.create_task(shop.command("order", "espresso", "--name", "Grace"))
        await reaches(client, order_id, "preparing")

        async def both_are_begun() -> bool:
            return len((await client.get("/board/orders")).json()["preparing"]) == 2

        await until(both_are_begun, 20)
        closing = asyncio.create_task(shop.close())
        refusals: list[httpx.Response] = []

        async def is_refused() -> bool:
            refusals.append(await client.post("/orders", json=ORDER))
            return refusals[-1].status_code != 201

        await until(is_refused, 5)
        assert refusals[-1].status_code == 409
        assert refusals[-1].json()["detail"] == "the shop is closing"
        assert (await events)[-1]["type"] == "coffeeshop.order.ready.v1"
        code, said = await follower
        assert code == 0, said
        assert await closing == 0


async def test_a_follower_is_told_that_the_shop_has_closed(tmp_path: Path) -> None:
    async with open_shop(tmp_path / "var", COFFEE_BARISTAS="0", COFFEE_BREW_SPEED="0") as shop:
        follower = asyncio.create_task(shop.command("order", "latte"))
        async with httpx.AsyncClient(base_url=shop.url, headers=shop.staff) as client:

            async def is_placed() -> bool:
                return bool((await client.get("/orders")).json()["orders"])

            await until(is_placed, 20)
        await shop.close()
        code, said = await follower
    assert code == 3
    assert "the shop does not answer; trying again" in said
    assert "still placed, and the shop has closed or does not answer. The order is kept" in said


async def test_an_order_whose_barista_is_killed_is_ready_once_after_the_visibility_timeout(
    shop: RunningShop,
) -> None:
    async with httpx.AsyncClient(base_url=shop.url) as client:
        order_id = await placed(client)
        await reaches(client, order_id, "preparing")
        (barista,) = shop.children("worker")
        events = asyncio.create_task(events_of(shop, order_id, "ready"))
        barista.kill()
        order = await reaches(client, order_id, "ready", seconds=4 + 5)
        assert order["version"] == 3
        ready = {event["id"]: event["data"] for event in await events}[f"{order_id}:3"]
        assert ready["attempt"] == 2  # type: ignore[index]


async def test_a_load_ends_with_everything_ready_and_nothing_lost(tmp_path: Path) -> None:
    async with open_shop(tmp_path / "var", COFFEE_BREW_SPEED="0") as shop:
        status, report = await shop.command(
            "load", "--orders", "200", "--rate", "50", "--seed", "1", "--json"
        )
        summary = json.loads(report)
    assert status == 0, report
    assert (summary["placed"], summary["ready"], summary["lost"]) == (200, 200, 0)


async def test_the_counter_comes_back_when_it_is_killed_and_callers_only_wait(
    shop: RunningShop,
) -> None:
    async with httpx.AsyncClient(base_url=shop.url, timeout=20) as client:
        first = await placed(client)
        (counter,) = shop.children("shop.processes.counter")
        counter.kill()
        counter.wait(5)
        async with httpx.AsyncClient(base_url=shop.url, timeout=20) as late:
            second = await placed(late)
            await reaches(late, second, "ready")
            await reaches(late, first, "ready")


async def test_the_emulator_comes_back_when_it_is_killed_and_orders_go_on(
    shop: RunningShop,
) -> None:
    async with httpx.AsyncClient(base_url=shop.url, timeout=20) as client:
        (emulator,) = shop.children("shop.processes.emulator")
        emulator.kill()
        emulator.wait(5)
        response = await client.post("/orders", json=ORDER)
        async with asyncio.timeout(30):
            while response.status_code == 503:
                assert "Retry-After" in response.headers
                response = await client.post("/orders", json=ORDER)
        assert response.status_code == 201
        await reaches(client, response.json()["id"], "ready")


KEY = {"Idempotency-Key": str(uuid.uuid4())}


async def echoing(request: web.Request) -> web.StreamResponse:
    """Agree to every challenge, and take every event."""
    event = json.loads(await request.read())
    if "challenge" in event["data"]:
        return web.json_response({"challenge": event["data"]["challenge"]})
    return web.Response()


def events(subscriber: Receiver) -> list[dict[str, Any]]:
    received = [json.loads(request.body) for request in subscriber.received]
    return [event for event in received if ".order." in event["type"]]


async def test_a_webhook_left_with_an_order_gets_its_events_and_no_others(
    shop: RunningShop,
) -> None:
    async with receiver(echoing) as subscriber, httpx.AsyncClient(base_url=shop.url) as client:
        wanted = {**ORDER, "notify": {"channel": "webhook", "url": subscriber.url}}
        other = (await client.post("/orders", json=ORDER)).json()
        answer = await client.post("/orders", json=wanted, headers=KEY)
        assert answer.status_code == 201, answer.text
        order, notify = answer.json(), answer.json()["notify"]

        await reaches(client, order["id"], "ready")
        await reaches(client, other["id"], "ready")
        await client.post(f"/orders/{order['id']}/collect", headers=shop.staff)
        await eventually(lambda: len({event["id"] for event in events(subscriber)}) == 4, 30)

        assert {event["subject"] for event in events(subscriber)} == {order["id"]}
        assert {event["data"]["state"] for event in events(subscriber)} == {
            "placed",
            "preparing",
            "ready",
            "collected",
        }
        for request in subscriber.received:
            Webhook(notify["secret"]).verify(request.body, dict(request.headers))

        manage = {"Authorization": f"Bearer {notify['manage_token']}"}
        async with asyncio.timeout(30):
            while True:
                shown = await client.get(
                    f"/subscriptions/{notify['subscription_id']}", headers=manage
                )
                if shown.json()["state"] == "ended":
                    break
                await asyncio.sleep(0.1)
        assert shown.json()["filter"] == {"type": [], "order_id": [order["id"]]}
        assert shown.json()["notice"] == "the order is closed"
        again = await client.post("/orders", json=wanted, headers=KEY)
        assert again.status_code == 200
        assert again.json()["notify"]["manage_token"] is None
