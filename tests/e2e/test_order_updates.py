"""A customer who leaves a webhook with the order hears what becomes of it, and nothing else."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from aiohttp import web
from standardwebhooks import Webhook

from tests.support.shop import ORDER, open_shop, reaches
from tests.support.waiting import eventually
from tests.support.webhooks import Receiver, receiver

pytestmark = pytest.mark.timeout(120)

KEY = {"Idempotency-Key": "an-order-of-a-test-0001"}


async def echoing(request: web.Request) -> web.StreamResponse:
    """Agree to every challenge, and take every event."""
    event = json.loads(await request.read())
    if "challenge" in event["data"]:
        return web.json_response({"challenge": event["data"]["challenge"]})
    return web.Response()


def events(subscriber: Receiver) -> list[dict[str, Any]]:
    told = [json.loads(request.body) for request in subscriber.received]
    return [event for event in told if ".order." in event["type"]]


async def test_a_webhook_left_with_an_order_gets_its_events_and_no_others(tmp_path: Path) -> None:
    async with (
        receiver(echoing) as subscriber,
        open_shop(
            tmp_path / "var", COFFEE_BREW_SPEED="0", COFFEE_ALLOW_LOOPBACK_WEBHOOKS="on"
        ) as shop,
        httpx.AsyncClient(base_url=shop.url) as client,
    ):
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
