"""`coffeeshop topics subscribe` and what comes after: real processes, webhooks and queues."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from standardwebhooks.webhooks import Webhook

from tests.support.subscribers import endpoint
from tests.support.topics_shop import TopicsShop, open_shop
from tests.support.webhooks import answers

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shop(ministack: str) -> AsyncIterator[TopicsShop]:
    async with open_shop(ministack) as shop:
        yield shop


async def test_a_webhook_is_subscribed_shown_and_ended(shop: TopicsShop) -> None:
    async with endpoint() as subscriber:
        outcome = await shop.topics("subscribe", "coupons", "--webhook", subscriber.url)
        said = dict(line.strip().split("  ", 1) for line in outcome.out.splitlines()[1:4])
        granted = {name: value.strip() for name, value in said.items()}
        assert outcome.out.startswith("Subscribed to coupons by webhook; it is pending.\n")
        assert f"coffeeshop topics show {granted['id']}" in outcome.out

        token = {"COFFEE_MANAGE_TOKEN": granted["manage token"]}
        await shop.state({"id": granted["id"], "manage_token": granted["manage token"]}, "active")
        assert subscriber.challenges == 1
        await shop.as_staff("publish", "coupons", "--subject", "One", "--text", "B")
        await subscriber.receives(1)
        (request,) = subscriber.requests
        Webhook(granted["secret"]).verify(request.body, _lower(request.headers))

        shown = await shop.topics("show", granted["id"], **token)
        assert f"{subscriber.url} (webhook)" in shown.out
        assert "active since" in shown.out
        assert "coffeeshop.newsletter.published.v1" in shown.out
        ended = await shop.topics("unsubscribe", granted["id"], **token)
        assert (ended.code, ended.out) == (0, "It has ended: nothing more is delivered.\n")
        as_json = await shop.topics("show", granted["id"], "--json", **token)
        assert json.loads(as_json.out)["state"] == "ended"


async def test_a_challenge_that_fails_is_said_at_once(shop: TopicsShop) -> None:
    async with endpoint(agreeing=answers(500)) as subscriber:
        outcome = await shop.topics("subscribe", "coupons", "--webhook", subscriber.url)
    assert outcome.code == 0
    assert "The challenge failed: answered 500. The next one: " in outcome.out
    subscription = outcome.out.splitlines()[1].split()[1]
    shown = await shop.as_staff("show", subscription)
    await shop.as_staff("unsubscribe", subscription)
    assert "the challenge failed: " in shown.out


async def test_a_challenge_that_is_answered_is_said_at_once(shop: TopicsShop) -> None:
    async with endpoint() as subscriber:
        outcome = await shop.topics("subscribe", "coupons", "--webhook", subscriber.url)
        await shop.as_staff("unsubscribe", outcome.out.splitlines()[1].split()[1])
    assert outcome.out.endswith("It has answered the challenge: the subscription is active.\n")


def _lower(headers: Any) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


async def test_without_the_manage_token_a_subscription_is_nobodys_but_staffs(
    shop: TopicsShop,
) -> None:
    async with endpoint() as subscriber:
        granted = await shop.subscribed(subscriber.url)
    for command in ("show", "resume", "unsubscribe"):
        none = await shop.topics(command, granted["id"])
        wrong = await shop.topics(command, granted["id"], "--token", "wrong")
        assert (none.code, wrong.code) == (1, 1)
        assert "COFFEE_MANAGE_TOKEN" in none.err
        assert "Authentication is required" in wrong.err
    assert (await shop.as_staff("show", granted["id"])).code == 0
    assert (await shop.as_staff("unsubscribe", granted["id"])).code == 0


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ((), "give one of"),
        (("--email", "ada@example.com", "--webhook", "https://example.com"), "give one of"),
        (("--email", "ada@"), "/address"),
        (("--webhook", "https://10.0.0.1/hook"), "/url"),
        (("--webhook", "https://example.com/hook", "--order", "1"), "/filter/order_id"),
        (("--queue", "arn:aws:sqs:us-east-1:000000000000:nope"), "there is no such queue"),
    ],
)
async def test_a_subscription_that_makes_no_sense_is_misuse(
    shop: TopicsShop, arguments: tuple[str, ...], reason: str
) -> None:
    outcome = await shop.as_staff("subscribe", "coupons", *arguments)
    assert outcome.code == 2
    assert reason in outcome.err


async def test_only_what_the_filter_lets_through_is_delivered(shop: TopicsShop) -> None:
    async with endpoint() as subscriber:
        granted = await shop.subscribed(subscriber.url, "--type", "ready")
        shown = await shop.as_staff("show", granted["id"])
        await shop.as_staff("unsubscribe", granted["id"])
    assert ["Only", "coffeeshop.order.ready.v1"] in [
        line.split() for line in shown.out.splitlines()
    ]


async def test_deliveries_that_were_given_up_on_are_listed_and_redriven(shop: TopicsShop) -> None:
    assert (await shop.as_staff("dead-letters")).out == "No dead letters.\n"
    async with endpoint() as subscriber:
        granted = await shop.subscribed(subscriber.url)
        subscriber.answering = answers(500)
        await shop.as_staff("publish", "coupons", "--subject", "Lost?", "--text", "B")
        letter = await shop.dead_letter(granted)
        table = await shop.as_staff("dead-letters")
        other = await shop.as_staff("redrive", "--subscription", "other")
        subscriber.answering = answers(204)
        count = len(subscriber.events)
        mine = await shop.as_staff("redrive", "--subscription", granted["id"])
        *_, event = await subscriber.receives(count + 1)
        await shop.as_staff("unsubscribe", granted["id"])

    assert letter["type"] == "coffeeshop.newsletter.published.v1"
    assert "500" in table.out
    assert (other.code, other.out) == (0, "Redriven: 0\n")
    assert (mine.code, mine.out) == (0, "Redriven: 1\n")
    assert event["data"]["subject"] == "Lost?"


async def test_a_paused_subscription_is_resumed_with_what_it_missed(shop: TopicsShop) -> None:
    async with endpoint() as subscriber:
        granted = await shop.subscribed(subscriber.url)
        token = {"COFFEE_MANAGE_TOKEN": granted["manage_token"]}
        early = await shop.topics("resume", granted["id"], **token)
        subscriber.answering = answers(500)
        await shop.as_staff("publish", "coupons", "--subject", "Missed?", "--text", "B")
        await shop.state(granted, "paused")
        await shop.dead_letter(granted)
        paused = await shop.topics("show", granted["id"], **token)
        subscriber.answering = answers(204)
        count = len(subscriber.events)
        resumed = await shop.topics("resume", granted["id"], **token)
        *_, event = await subscriber.receives(count + 1)
        await shop.topics("unsubscribe", granted["id"], **token)

    assert (early.code, early.out) == (0, "It is active. Deliveries made again: 0\n")
    assert "attempts failed" in paused.out
    assert (resumed.code, resumed.out) == (0, "It is active. Deliveries made again: 1\n")
    assert event["data"]["subject"] == "Missed?"
