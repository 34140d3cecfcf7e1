"""No process of a shop logs a key, an address, a name, or a text that a caller has chosen."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from aiohttp import web

from shared.aws.clients import aws_clients
from shared.aws.names import Names
from shared.domain.order import log_id
from shared.web.session_cookie import COOKIE
from tests.support.shop import RunningShop, open_shop, reaches
from tests.support.waiting import until
from tests.support.webhooks import Answering, receiver

pytestmark = pytest.mark.timeout(180)

NAME, NOTE, ADDRESS = "Augusta-Ada-King", "no-nuts-I-would-die", "ada.lovelace@guests.example"
HOOK_SECRET = "hook-secret-5f2a91"


def agrees_and_then_fails() -> Answering:
    async def answering(request: web.Request) -> web.StreamResponse:
        event = json.loads(await request.read())
        if "challenge" in event["data"]:
            return web.json_response({"challenge": event["data"]["challenge"]})
        return web.Response(status=500, text=f"{ADDRESS} is unknown here")

    return answering


def order_with(**more: Any) -> dict[str, Any]:
    line = {"item": "latte", "size": "large", "quantity": 1, "note": NOTE}
    return {"customer_name": NAME, "items": [line], **more}


async def hostile_requests(client: httpx.AsyncClient, order_id: str, token: str) -> None:
    """Send what names the order, the customer and a token wherever a request has room for text."""
    odd = {"X-Correlation-ID": ADDRESS, "Idempotency-Key": NAME, "User-Agent": ADDRESS}
    await client.post("/orders", json=order_with(), headers=odd)
    await client.post("/orders", content=f'{{"customer_name": "{NAME}"', headers=odd)
    await client.post("/orders", json={"customer_name": ADDRESS, "items": NOTE}, headers=odd)
    for path in (f"/orders/{order_id}/nothing", f"/{token}", f"/orders/{ADDRESS}", "/orders/%ff"):
        await client.get(path, params={"token": token, "to": ADDRESS}, headers=odd)
    await client.post("/unsubscribe", params={"token": token})
    await client.get("/subscriptions/nobody", headers={"Authorization": f"Bearer {token}"})
    await client.request("BREW", f"/orders/{order_id}")
    await client.get("/events", params={"order_id": order_id, "topics": ADDRESS})


async def poisoned(shop: RunningShop, order_id: str) -> None:
    """Put bodies on the queues that no handler can read, and tickets of orders that are not."""
    names = Names()
    async with aws_clients(shop.emulator_settings()) as clients:
        bodies = (
            f'{{"order_id": "{order_id}", "store_id": 7, "who": "{ADDRESS}"}}',
            json.dumps({"order_id": "a" * 26, "store_id": "main", "correlation_id": ADDRESS}),
            f"{NAME} {ADDRESS}",
        )
        for queue in (names.orders, names.deliveries, names.announcements):
            url = (await clients.sqs.get_queue_url(QueueName=queue))["QueueUrl"]
            for body in bodies:
                await clients.sqs.send_message(QueueUrl=url, MessageBody=body)


def lines_of(shop: RunningShop) -> Iterator[dict[str, Any]]:
    for line in shop.log.read_text().splitlines():
        if line.startswith("{"):
            yield json.loads(line)


async def test_no_process_logs_what_is_private_and_each_line_says_what_it_is_about(
    tmp_path: Path,
) -> None:
    key, correlation = str(uuid.uuid4()), str(uuid.uuid4())
    async with (
        receiver(agrees_and_then_fails()) as hook,
        open_shop(
            tmp_path / "var",
            COFFEE_BREW_SPEED="0",
            COFFEE_LOG_FORMAT="json",
            COFFEE_LOG_LEVEL="INFO",
            COFFEE_RETRY_SECONDS="0.2,0.2",
            COFFEE_ALLOW_LOOPBACK_WEBHOOKS="on",
        ) as shop,
        httpx.AsyncClient(base_url=shop.url) as client,
    ):
        url = f"{hook.url}/{HOOK_SECRET}?token={HOOK_SECRET}"
        headers = {"Idempotency-Key": key, "X-Correlation-ID": correlation}
        wanted = order_with(notify={"channel": "webhook", "url": url})
        placed = (await client.post("/orders", json=wanted, headers=headers)).json()
        order_id, token = placed["id"], placed["notify"]["manage_token"]
        mailed = {"channel": "email", "address": ADDRESS}
        subscribed = (await client.post("/topics/coupons/subscriptions", json=mailed)).json()
        await hostile_requests(client, order_id, token)
        signed_in = await client.put("/staff/session", headers=shop.staff)
        assert signed_in.cookies[COOKIE] == shop.staff_key
        assert (await client.get("/orders")).status_code == 200
        await client.get("/orders", headers={"Cookie": f"{COOKIE}={ADDRESS}"})
        client.cookies.clear()
        await poisoned(shop, order_id)
        await reaches(client, order_id, "ready")
        await client.post(f"/orders/{order_id}/cancel")
        await client.post(f"/orders/{order_id}/collect", headers=shop.staff)

        async def given_up() -> bool:
            return any(line["event"] == "delivery.given_up" for line in lines_of(shop))

        await until(given_up, 60)
        assert await shop.close() == 0
        secrets = [
            *(order_id, key, token, placed["notify"]["secret"], subscribed["manage_token"]),
            *(NAME, NOTE, ADDRESS, HOOK_SECRET, shop.staff_key),
        ]
    log = shop.log.read_text()
    assert [secret for secret in secrets if secret in log] == []

    lines = list(lines_of(shop))
    assert [line for line in lines if "service" not in line] == []
    settled = [line for line in lines if line["event"] == "message.settled"]
    assert {line["queue"] for line in settled} >= {"orders", "deliveries"}
    about_the_order = [line for line in lines if line.get("order") == log_id(order_id)]
    assert {line["event"] for line in about_the_order} >= {
        *("order.placed", "order.claimed", "order.ready", "message.settled"),
        *("delivery.given_up", "request.finished"),
    }
    assert {line["queue"] for line in about_the_order if line["event"] == "message.settled"} >= {
        *("orders", "deliveries"),
    }
    of_its_messages = [line for line in about_the_order if "queue" in line]
    assert {line["correlation_id"] for line in of_its_messages if "correlation_id" in line} == {
        correlation
    }
    deliveries = [line for line in settled if line.get("job") == "deliver"]
    assert {line["subscription"] for line in deliveries} == {placed["notify"]["subscription_id"]}
    assert correlation in {line.get("correlation_id") for line in deliveries}
