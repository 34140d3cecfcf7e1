"""The live stream over a real socket: who may see what, and what it looks like on the wire."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import time
from collections.abc import AsyncIterator

import httpx

from shared.domain.order import OrderState
from shared.messages.announcement import order_event
from tests.support.notifier import (
    SECONDS,
    Announcer,
    Serving,
    announcing,
    newsletter,
    placed,
    serving,
    settings_for,
    then,
)

PREPARING, READY, COLLECTED = OrderState.PREPARING, OrderState.READY, OrderState.COLLECTED


@contextlib.asynccontextmanager
async def opened(endpoint: str, **settings: object) -> AsyncIterator[tuple[Serving, Announcer]]:
    chosen = settings_for(endpoint, **settings)
    async with announcing(chosen) as announcer, serving(chosen) as notifier:
        yield notifier, announcer


async def raw_until(response: httpx.Response, last: bytes, times: int = 1) -> bytes:
    """Read the stream's bytes until `last` has come so many times."""
    raw = b""
    async with asyncio.timeout(SECONDS):
        async for chunk in response.aiter_raw():
            raw += chunk
            if raw.count(last) >= times:
                return raw
    raise EOFError("the stream has ended")


async def test_an_orders_stream_sees_its_own_events_and_no_other(ministack: str) -> None:
    mine, other = placed("041"), placed("042")
    async with (
        opened(ministack) as (notifier, announcer),
        notifier.stream(order_id=mine.id) as stream,
    ):
        await announcer.announce(other, mine, then(other, PREPARING), then(mine, PREPARING))
        await announcer.send_out(newsletter("Not about an order"))
        await announcer.announce(then(mine, PREPARING, READY))
        events = await stream.take(3)
    assert [event["subject"] for event in events] == [mine.id] * 3
    assert [event["data"]["state"] for event in events] == ["placed", "preparing", "ready"]


async def test_an_event_reaches_the_stream_as_it_was_announced(ministack: str) -> None:
    order = then(placed(), PREPARING)
    async with (
        opened(ministack) as (notifier, announcer),
        notifier.stream(staff=True, topics="order-events") as stream,
    ):
        await announcer.announce(order)
        (event,) = await stream.take(1)
    assert event == json.loads(order_event(order).model_dump_json(exclude_none=True))


async def test_a_stream_of_several_topics_sees_them_all(ministack: str) -> None:
    async with (
        opened(ministack) as (notifier, announcer),
        notifier.stream(topics="board,coupons") as stream,
    ):
        await announcer.announce(placed(), then(placed("007"), PREPARING))
        await announcer.send_out(newsletter("Two for one", "On Monday\nand Tuesday"))
        events = await stream.take(2)
    assert {event["type"]: event["data"] for event in events} == {
        "coffeeshop.board.changed.v1": {
            "number": "007",
            "state": "preparing",
            "since": "2026-11-20T09:30:10.000Z",
        },
        "coffeeshop.newsletter.published.v1": {
            "topic": "coupons",
            "subject": "Two for one",
            "body": "On Monday\nand Tuesday",
        },
    }


async def test_the_board_gives_no_order_id_away(ministack: str) -> None:
    order = placed()
    history = [
        order,
        then(order, PREPARING),
        then(order, PREPARING, READY),
        then(order, PREPARING, READY, COLLECTED),
    ]
    async with opened(ministack) as (notifier, announcer):
        async with notifier.http.stream("GET", "/events", params={"topics": "board"}) as response:
            for change in history:
                await announcer.announce(change)
            raw = await raw_until(response, b'"state":"collected"')
        seen = raw + str(response.headers).encode()
    assert seen.count(b"coffeeshop.board.changed.v1") == 3
    for secret in (order.id, order.id.upper(), order.correlation_id, "Ada", "subject", "order"):
        assert secret.encode() not in seen


async def test_a_stream_is_not_stored_sends_heartbeats_and_says_when_to_reconnect(
    ministack: str,
) -> None:
    async with (
        opened(ministack, heartbeat_seconds=0.05) as (notifier, _),
        notifier.http.stream("GET", "/events", params={"topics": "board"}) as response,
    ):
        raw = await raw_until(response, b"data: {}", times=2)
    assert response.headers["content-type"] == "text/event-stream"
    assert response.headers["cache-control"] == "no-store"
    assert response.headers["x-accel-buffering"] == "no"
    beat = rb"event: beat\nid: [0-9a-f]{16}-0\ndata: {}\n\n"
    assert re.fullmatch(rb"retry: 2000\n(" + beat + rb")+", raw)


async def test_topics_are_listed_with_those_who_follow_them_now(ministack: str) -> None:
    async with opened(ministack, heartbeat_seconds=300) as (notifier, _):

        async def followed() -> dict[str, int]:
            topics = (await notifier.http.get("/topics")).json()["topics"]
            assert all(topic["description"] for topic in topics)
            return {topic["name"]: topic["subscribers"] for topic in topics}

        nobody = dict.fromkeys(("order-events", "coupons", "coffee-trivia", "new-products"), 0)
        assert await followed() == nobody
        async with notifier.stream(topics="coupons,board"), notifier.stream(order_id="1"):
            assert await followed() == {**nobody, "coupons": 1, "order-events": 1}
        await notifier.counts("coffeeshop_live_streams", 0)
        assert await followed() == nobody


async def test_one_stream_too_many_is_asked_to_retry_later(ministack: str) -> None:
    async with opened(ministack, max_streams=1) as (notifier, _):
        async with notifier.stream(topics="board"):
            response = await notifier.http.get("/events", params={"topics": "board"})
            assert response.status_code == 503
            assert response.json()["type"] == "/problems/too-busy"
            assert int(response.headers["retry-after"]) > 0
        await notifier.counts("coffeeshop_live_streams", 0)
        async with notifier.stream(topics="board") as stream:
            assert stream.response.status_code == 200


async def test_one_address_has_a_limit_of_streams_and_staff_have_none(ministack: str) -> None:
    async with opened(ministack, max_streams_per_client=1) as (notifier, _):
        async with notifier.stream(topics="board"), notifier.stream(staff=True, topics="board"):
            response = await notifier.http.get("/events", params={"topics": "board"})
            assert response.status_code == 429
            assert response.json()["type"] == "/problems/too-many-streams"
            assert int(response.headers["retry-after"]) > 0
        await notifier.counts("coffeeshop_live_streams", 0)
        async with notifier.stream(topics="board") as stream:
            assert stream.response.status_code == 200


async def test_stopping_ends_the_streams_at_once_and_does_not_wait_for_them(
    ministack: str,
) -> None:
    async with (
        opened(ministack) as (notifier, _),
        notifier.stream(topics="board") as board,
        notifier.stream(order_id="1") as mine,
    ):
        stopped_at = time.monotonic()
        notifier.stop.set()
        assert await board.ended()
        assert await mine.ended()
        assert time.monotonic() - stopped_at < 1
        await asyncio.wait_for(notifier.ended, 5)
