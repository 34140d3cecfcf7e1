"""Webhooks: agreed to, delivered to, retried, given up on, redriven, and ended."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import web
from standardwebhooks import Webhook
from standardwebhooks.webhooks import WebhookVerificationError

from notifier.settings import NotifierSettings
from shared.domain.order import Order, OrderState
from tests.support.notifier import (
    AS_STAFF,
    Announcer,
    Serving,
    announcing,
    placed,
    serving,
    settings_for,
    then,
)
from tests.support.subscribers import endpoint, in_turn, publish, subscribe, webhook
from tests.support.webhooks import answers, echoes

pytestmark = pytest.mark.asyncio(loop_scope="module")

RETRIES = (0.1, 0.1, 0.1, 0.1, 0.1)
"""Seconds; SQS waits for whole ones."""

READY = "coffeeshop.order.ready.v1"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def places(ministack: str) -> AsyncIterator[tuple[Serving, Announcer]]:
    settings = settings_of_a_shop(ministack)
    async with serving(settings) as notifier, announcing(settings) as announcer:
        yield notifier, announcer


def settings_of_a_shop(ministack: str) -> NotifierSettings:
    return settings_for(
        ministack,
        allow_loopback_webhooks=True,
        retry_seconds=RETRIES,
        challenge_retry_seconds=RETRIES,
        subscriptions_per_minute=0,
    )


@pytest.fixture
def notifier(places: tuple[Serving, Announcer]) -> Serving:
    return places[0]


@pytest.fixture
def announcer(places: tuple[Serving, Announcer]) -> Announcer:
    return places[1]


@pytest_asyncio.fixture(loop_scope="module")
async def topic(notifier: Serving) -> str:
    """A topic whose subscribers are those of one test."""
    name = f"t{secrets.token_hex(4)}"
    answer = await notifier.http.put(f"/topics/{name}", json={}, headers=AS_STAFF)
    assert answer.status_code == 201
    return name


async def test_a_webhook_that_answers_the_challenge_receives_what_is_published_from_then_on(
    notifier: Serving, topic: str
) -> None:
    async with endpoint() as other, endpoint() as subscriber:
        await webhook(notifier, other, topic)
        await publish(notifier, topic, "Too early")
        await other.receives(1)
        held = await webhook(notifier, subscriber, topic)
        issue = await publish(notifier, topic)
        (event,) = await subscriber.receives(1)
        assert event["id"] == issue
        assert event["type"] == "coffeeshop.newsletter.published.v1"
        assert event["data"] == {
            "topic": topic,
            "subject": "Free cake",
            "body": "*Today only.*",
        }
        shown = await held.until(lambda shown: shown["deliveries"][0]["state"] == "delivered")
        assert [one["event_id"] for one in shown["deliveries"]] == [issue]
        assert (shown["deliveries"][0]["attempts"], shown["failures"]) == (1, 0)


async def test_a_webhook_that_never_confirms_receives_nothing_and_its_notice_says_why(
    notifier: Serving, topic: str
) -> None:
    async with (
        endpoint(agreeing=answers(200, b'{"challenge": "wrong"}')) as wrong,
        endpoint(agreeing=answers(204)) as silent,
        endpoint(agreeing=answers(500)) as failing,
        endpoint(agreeing=answers(410)) as gone,
    ):
        subscribers = [wrong, silent, failing, gone]
        holders = [
            await subscribe(notifier, topic, channel="webhook", url=subscriber.url)
            for subscriber in subscribers
        ]
        await publish(notifier, topic)
        shown = await asyncio.gather(*(holder.becomes("ended") for holder in holders))
        assert [one["notice"] for one in shown] == [
            "it was never confirmed: the answer does not repeat the challenge",
            'it was never confirmed: the answer is not {"challenge": "…"}',
            "it was never confirmed: answered 500",
            "it was never confirmed: answered 410 Gone",
        ]
        tries = [one.challenges for one in subscribers]
        assert max(tries) <= len(RETRIES) + 1
        assert min(tries) == tries[-1] == 1  # who is gone is asked no more
        assert [one.events for one in subscribers] == [[], [], [], []]


async def test_a_failed_challenge_shows_at_once_and_is_repeated_within_seconds(
    ministack: str,
) -> None:
    settings = settings_for(ministack, allow_loopback_webhooks=True)
    async with endpoint(agreeing=answers(500)) as late, serving(settings) as notifier:
        held = await subscribe(notifier, channel="webhook", url=late.url)
        shown = await held.until(lambda shown: "challenge" in shown, 3)
        assert shown["state"] == "pending"
        assert shown["challenge"]["error"] == "answered 500"
        assert shown["challenge"]["failed"] >= 1
        assert shown["challenge"]["next_at"] > shown["since"]
        late.agreeing = echoes
        active = await held.becomes("active")
        assert "challenge" not in active
        assert late.challenges >= 2


async def test_what_failed_is_tried_again_and_the_dead_are_paused_until_they_are_back(
    ministack: str,
) -> None:
    topic = "coupons"
    async with (
        endpoint(in_turn(500, 503, 404, 500, 500, 204)) as persistent,
        endpoint(answers(500)) as resumed,
        endpoint(answers(500)) as redriven,
        endpoint(answers(410)) as gone,
        serving(settings_of_a_shop(ministack)) as notifier,
    ):
        holders = [
            await webhook(notifier, one, topic) for one in (persistent, resumed, redriven, gone)
        ]
        issue = await publish(notifier, topic)
        await asyncio.gather(
            persistent.receives(6), *(holder.becomes("paused") for holder in holders[1:])
        )
        assert {one["id"] for one in persistent.events} == {issue}
        shown = await holders[0].until(lambda shown: shown["deliveries"][0]["state"] == "delivered")
        assert (shown["deliveries"][0]["attempts"], shown["state"]) == (6, "active")

        assert (await holders[1].shown())["notice"] == "6 attempts failed, the last: answered 500"
        assert (await holders[3].shown())["notice"] == "answered 410 Gone"
        assert (len(resumed.events), len(gone.events)) == (6, 1)
        letters = await dead_letters(notifier, 3)
        assert {letter["subscription_id"] for letter in letters} == {one.id for one in holders[1:]}
        assert {letter["type"] for letter in letters} == {"coffeeshop.newsletter.published.v1"}
        assert sorted(letter["attempts"] for letter in letters) == [1, 6, 6]

        later = await publish(notifier, topic, "While they were away")
        await dead_letters(notifier, 6)
        resumed.answering = redriven.answering = gone.answering = answers(204)
        resumed.events.clear()
        redriven.events.clear()

        answer = await holders[1].ask("POST", "/resume")
        assert (answer.status_code, answer.json()) == (200, {"redriven": 2})
        await resumed.receives(2)
        assert sorted(resumed.ids) == sorted([issue, later])

        answer = await notifier.http.post(
            "/subscriptions/dead-letters/redrive",
            json={"subscription_id": holders[2].id},
            headers=AS_STAFF,
        )
        assert answer.json() == {"redriven": 2, "refused": 0, "left": 0}
        await redriven.receives(2)
        assert sorted(redriven.ids) == sorted([issue, later])
        assert (await holders[2].shown())["state"] == "active"

        assert (await holders[3].ask("DELETE")).status_code == 204
        answer = await notifier.http.post(
            "/subscriptions/dead-letters/redrive", json={}, headers=AS_STAFF
        )
        assert answer.json() == {"redriven": 0, "refused": 2, "left": 0}
        assert len(gone.events) == 1


async def dead_letters(notifier: Serving, count: int) -> list[dict[str, Any]]:
    async with asyncio.timeout(30):
        while True:
            answer = await notifier.http.get("/subscriptions/dead-letters", headers=AS_STAFF)
            letters: list[dict[str, Any]] = answer.json()["dead_letters"]
            if len(letters) == count:
                return letters
            await asyncio.sleep(0.05)


async def test_both_secrets_verify_after_a_rotation_and_no_other(
    notifier: Serving, topic: str
) -> None:
    async with endpoint() as subscriber:
        held = await webhook(notifier, subscriber, topic)
        lost, fresh = [(await held.ask("POST", "/secret")).json()["secret"] for _ in range(2)]
        await publish(notifier, topic)
        await subscriber.receives(1)
        (request,) = subscriber.requests
        for secret in (held.secret, lost, fresh):
            Webhook(secret).verify(request.body, dict(request.headers))
        with pytest.raises(WebhookVerificationError):
            Webhook("whsec_" + "A" * 32).verify(request.body, dict(request.headers))


async def test_one_delivery_is_made_again_when_asked_for(notifier: Serving, topic: str) -> None:
    async with endpoint() as subscriber:
        held = await webhook(notifier, subscriber, topic)
        issue = await publish(notifier, topic)
        shown = await held.until(
            lambda shown: [one["state"] for one in shown["deliveries"]] == ["delivered"]
        )
        path = f"/deliveries/{shown['deliveries'][0]['id']}/redeliver"
        subscriber.answering = answers(500)
        assert (await held.ask("POST", path)).status_code == 202
        shown = await held.until(lambda shown: shown["deliveries"][0]["attempts"] == 2)
        await subscriber.receives(2)  # an attempt counts before it is made
        assert shown["deliveries"][0]["state"] == "delivered"
        assert subscriber.ids == [issue, issue]
        assert (await held.ask("POST", "/deliveries/none/redeliver")).status_code == 404
        await held.ask("DELETE")
        assert (await held.ask("POST", path)).status_code == 409


async def test_nothing_is_delivered_once_a_subscription_has_ended_not_even_what_was_queued(
    notifier: Serving, topic: str
) -> None:
    async with endpoint(answers(500)) as ended, endpoint() as other:
        held, _ = await webhook(notifier, ended, topic), await webhook(notifier, other, topic)
        await publish(notifier, topic)
        await ended.receives(1)
        assert (await held.ask("DELETE")).status_code == 204
        received = len(ended.events)
        await publish(notifier, topic)
        await other.receives(2)
        shown = await held.until(lambda shown: shown["deliveries"][0]["state"] == "dropped")
        assert [one["state"] for one in shown["deliveries"]] == ["dropped"]
        assert (shown["state"], shown["notice"], len(ended.events)) == (
            "ended",
            "unsubscribed",
            received,
        )
        assert (await held.ask("DELETE")).status_code == 204
        for path in ("/resume", "/confirm"):
            body = {"json": {"token": "x"}} if path == "/confirm" else {}
            answer = await held.ask("POST", path, **body)
            assert answer.status_code == (401 if body else 409)


async def test_the_slow_and_the_dead_delay_nobody_else(notifier: Serving, topic: str) -> None:
    leave = asyncio.Event()

    async def slowly(_: web.Request) -> web.StreamResponse:
        await leave.wait()
        return web.Response()

    async with endpoint(slowly) as slow, endpoint(answers(500)) as dead, endpoint() as quick:
        _, doomed, _ = [await webhook(notifier, one, topic) for one in (slow, dead, quick)]
        for number in range(20):
            await publish(notifier, topic, f"Issue {number}")
        await quick.receives(20)
        # The others are still at their first, or not at their last.
        assert len(slow.events) == 4
        leave.set()
        await doomed.ask("DELETE")


async def test_requested_redeliveries_respect_the_concurrency_limit(
    notifier: Serving, topic: str
) -> None:
    leave = asyncio.Event()

    async def slowly(_: web.Request) -> web.StreamResponse:
        await leave.wait()
        return web.Response()

    async with endpoint() as greedy, endpoint() as other:
        held, _ = await webhook(notifier, greedy, topic), await webhook(notifier, other, topic)
        await publish(notifier, topic)
        shown = await held.until(
            lambda shown: [one["state"] for one in shown["deliveries"]] == ["delivered"]
        )
        greedy.answering = slowly
        path = f"/deliveries/{shown['deliveries'][0]['id']}/redeliver"
        await asyncio.gather(*(held.ask("POST", path) for _ in range(70)))
        await publish(notifier, topic)
        await other.receives(2)
        assert len(greedy.events) <= 1 + 4
        leave.set()
        await held.ask("DELETE")


async def test_filters_by_type_and_by_order(notifier: Serving, announcer: Announcer) -> None:
    mine, theirs = placed(), placed()
    only_ready = {"type": ["ready"], "order_id": [mine.id]}
    async with endpoint() as of_mine, endpoint() as of_ready, endpoint() as of_all:
        await webhook(notifier, of_mine, "order-events", filter=only_ready)
        await webhook(notifier, of_ready, "order-events", filter={"type": [READY]})
        await webhook(notifier, of_all, "order-events")
        for order in (mine, theirs):
            await announcer.announce(*through(order))
        await of_all.receives(6)
        await of_ready.receives(2)
        await of_mine.receives(1)
        assert sorted(of_ready.ids) == sorted([f"{mine.id}:3", f"{theirs.id}:3"])
        assert of_mine.ids == [f"{mine.id}:3"]
        await announcer.announce(mine)  # announced again, it is the same event
        await of_all.until(lambda: len(set(of_all.ids)) == 6)


async def test_no_subscribers_of_an_order_are_sought_that_was_placed_a_moment_ago(
    notifier: Serving, announcer: Announcer
) -> None:
    order = placed()
    async with endpoint() as of_one, endpoint() as of_all:
        await webhook(notifier, of_one, "order-events", filter={"order_id": [order.id]})
        await webhook(notifier, of_all, "order-events")
        await announcer.orders.announce(order, has_subscribers=False)
        await announcer.announce(then(order, OrderState.PREPARING))
        await of_all.receives(2)
        await of_one.receives(1)
        assert of_one.ids == [f"{order.id}:2"]


def through(order: Order) -> list[Order]:
    return [
        order,
        then(order, OrderState.PREPARING),
        then(order, OrderState.PREPARING, OrderState.READY),
    ]


async def test_what_happened_to_an_order_meanwhile_is_delivered_once_the_subscriber_agrees(
    notifier: Serving, announcer: Announcer
) -> None:
    order = placed()
    async with endpoint(agreeing=answers(503)) as subscriber:
        held = await subscribe(
            notifier,
            "order-events",
            channel="webhook",
            url=subscriber.url,
            filter={"order_id": [order.id]},
        )
        await announcer.announce(order)
        await subscriber.until(lambda: subscriber.challenges >= 1)
        await held.until(lambda shown: len(shown["deliveries"]) == 1)
        assert subscriber.events == []
        subscriber.agreeing = _agrees
        await held.becomes("active")
        (event,) = await subscriber.receives(1)
        assert event["id"] == f"{order.id}:1"


async def _agrees(request: web.Request) -> web.StreamResponse:
    return web.json_response({"challenge": (await request.json())["data"]["challenge"]})


async def test_a_topic_that_was_added_reaches_webhooks_and_streams_alike(
    notifier: Serving, topic: str
) -> None:
    async with endpoint() as subscriber, notifier.stream(topics=topic) as stream:
        await webhook(notifier, subscriber, topic)
        issue = await publish(notifier, topic)
        (event,) = await stream.take(1)
        assert (await subscriber.receives(1))[0] == event
        assert event["id"] == issue
