"""What the shop really sends is what its AsyncAPI document says, by each channel."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from notifier.asyncapi.document import asyncapi_document
from shared.aws.names import Names
from shared.domain.order import OrderState
from shared.messages.announcement import order_event
from shared.messages.topics import BUILT_IN_TOPICS
from tests.support.notifier import (
    AS_STAFF,
    SECONDS,
    announcing,
    live_queue,
    newsletter,
    placed,
    serving,
    settings_for,
    then,
)
from tests.support.published import document_errors, message_errors, schema_errors
from tests.support.webhooks import answers, echoes, receiver, sending, subscribed

DOCUMENT = asyncapi_document(BUILT_IN_TOPICS, Names())


async def test_a_shop_serves_the_document_with_the_topics_that_it_has(ministack: str) -> None:
    async with serving(settings_for(ministack, name_prefix="theirs-")) as notifier:
        about = {"description": "What is in the grinder"}
        put = await notifier.http.put("/topics/todays-roast", json=about, headers=AS_STAFF)
        answer = await notifier.http.get("/asyncapi.json")
    assert (put.status_code, answer.status_code) == (201, 200)
    document = answer.json()
    assert document_errors(document) == []
    channel = document["channels"]["topic.todays-roast"]
    assert channel["address"] == "theirs-todays-roast"
    assert channel["description"].startswith("What is in the grinder")
    assert document["channels"].keys() > DOCUMENT["channels"].keys()


async def test_the_openapi_document_says_where_it_is(ministack: str) -> None:
    async with serving(settings_for(ministack), ready=False) as notifier:
        paths = (await notifier.http.get("/openapi.json")).json()["paths"]
    assert "security" not in paths["/asyncapi.json"]["get"]
    assert "/asyncapi.json" in paths["/events"]["get"]["responses"]["200"]["description"]


async def test_the_live_stream_is_as_described(ministack: str) -> None:
    settings = settings_for(ministack)
    async with (
        announcing(settings) as announcer,
        serving(settings) as notifier,
        notifier.stream(staff=True, topics="order-events,board,coupons") as stream,
        notifier.stream("feed-1", topics="board") as stranger,
    ):
        order = placed()
        await announcer.announce(order, then(order, OrderState.PREPARING))
        await notifier.http.post(
            "/topics/coupons/messages",
            json={"subject": "Two for one", "body": "*Today*", "data": {"code": "TWO"}},
            headers=AS_STAFF,
        )
        events = await stream.take(4)
        reset = {"reason": await stranger.reset()}
    assert {event["type"].split(".")[1] for event in events} == {"order", "board", "newsletter"}
    for event in events:
        assert message_errors(DOCUMENT, "live-stream", event) == []
    payload = DOCUMENT["channels"]["live-stream"]["messages"]["reset"]["payload"]
    assert schema_errors(DOCUMENT, payload, reset) == []


async def test_queues_of_sns_get_what_is_described(ministack: str) -> None:
    async with announcing(settings_for(ministack)) as announcer:
        queue = live_queue(announcer)
        await queue.receive(1)
        await announcer.orders.announce(placed(), has_subscribers=False)
        await announcer.send_out(newsletter("Two for one"))
        received: dict[str, tuple[dict[str, Any], dict[str, str]]] = {}
        async with asyncio.timeout(SECONDS):
            while len(received) < 2:
                for delivery in await queue.receive(10):
                    event = json.loads(delivery.body)
                    received[event["type"]] = (event, dict(delivery.attributes))
        await queue.close()
    issue, change = (received[kind] for kind in sorted(received))
    assert message_errors(DOCUMENT, "topic.coupons", *issue) == []
    assert message_errors(DOCUMENT, "topic.order-events", *change) == []


async def test_webhooks_get_what_is_described() -> None:
    async with receiver(echoes) as server, sending() as sender:
        subscription = subscribed(server.url)
        await sender.request_confirmation(subscription, "the-challenge")
        server.answering = answers(202)
        await sender.deliver(subscription, order_event(placed()))
        await sender.deliver(subscription, newsletter("Two for one"))
    assert len(server.received) == 3
    names = DOCUMENT["components"]["schemas"]["WebhookHeaders"]["properties"]
    for request in server.received:
        given = {name.lower(): value for name, value in request.headers.items()}
        headers = {name: given[name.lower()] for name in names}
        assert message_errors(DOCUMENT, "webhook", json.loads(request.body), headers) == []
