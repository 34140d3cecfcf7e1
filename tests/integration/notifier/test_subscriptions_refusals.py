"""Refusals of topics and subscriptions: invalid bodies, missing keys, and their problems."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from tests.support.notifier import AS_STAFF, Serving, serving, settings_for
from tests.support.subscribers import Held, post_subscription, subscribe

pytestmark = pytest.mark.asyncio(loop_scope="module")

HOOK: dict[str, Any] = {"channel": "webhook", "url": "https://ada.example/hook"}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def notifier(ministack: str) -> AsyncIterator[Serving]:
    async with serving(settings_for(ministack, subscriptions_per_minute=0)) as notifier:
        yield notifier


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def held(notifier: Serving) -> Held:
    return await subscribe(notifier, **HOOK)


@pytest.mark.parametrize("keys", [{}, {"Authorization": "Bearer wrong"}], ids=["none", "wrong"])
@pytest.mark.parametrize(
    ("method", "below"),
    [
        ("GET", ""),
        ("DELETE", ""),
        ("POST", "/resume"),
        ("POST", "/secret"),
        ("POST", "/deliveries/1/redeliver"),
    ],
)
async def test_a_subscription_wants_its_manage_token(
    notifier: Serving, held: Held, method: str, below: str, keys: dict[str, str]
) -> None:
    url = f"/subscriptions/{held.id}{below}"
    response = await notifier.http.request(method, url, headers=keys)
    assert response.status_code == 401
    assert response.headers["www-authenticate"].startswith("Bearer")


async def test_the_token_of_one_subscription_does_not_open_another(
    notifier: Serving, held: Held
) -> None:
    other = await subscribe(notifier, **HOOK)
    answer = await Held(notifier.http, other.id, held.token, "").ask("DELETE")
    assert answer.status_code == 401
    assert (await other.shown())["state"] == "pending"


async def test_staff_may_read_any_subscription(notifier: Serving, held: Held) -> None:
    answer = await notifier.http.get(f"/subscriptions/{held.id}", headers=AS_STAFF)
    assert answer.status_code == 200


@pytest.mark.parametrize(("method", "below"), [("GET", ""), ("DELETE", ""), ("POST", "/resume")])
async def test_there_is_no_subscription_of_an_unknown_id(
    notifier: Serving, method: str, below: str
) -> None:
    answer = await Held(notifier.http, "nobody", "token", "").ask(method, below)
    assert (answer.status_code, answer.json()["type"]) == (404, "/problems/not-found")


async def test_neither_token_nor_secret_is_shown_again(held: Held) -> None:
    answer = await held.ask("GET")
    assert held.token not in answer.text
    assert held.secret not in answer.text
    assert "whsec_" not in answer.text


@pytest.mark.parametrize("token", ["", "wrong", "ü", "\x00"])
async def test_nobody_confirms_without_the_token_that_was_sent(held: Held, token: str) -> None:
    answer = await held.ask("POST", "/confirm", json={"token": token})
    assert answer.status_code == 401
    answer = await held.ask("POST", "/confirm", json={"token": held.token})
    assert answer.status_code == 401, "the manage token confirms nothing"
    assert (await held.shown())["state"] == "pending"


async def test_nobody_makes_a_subscription_active_in_place_of_its_subscriber(held: Held) -> None:
    answer = await held.ask("POST", "/resume")
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/subscription-state")
    assert (await held.shown())["state"] == "pending"


async def test_nothing_is_delivered_on_request_before_the_subscriber_has_agreed(held: Held) -> None:
    answer = await held.ask("POST", "/deliveries/1/redeliver")
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/subscription-state")


@pytest.mark.parametrize(
    ("wanted", "pointer"),
    [
        ({**HOOK, "url": "http://ada.example/hook"}, "/url"),
        ({**HOOK, "url": "https://127.0.0.1/hook"}, "/url"),
        ({**HOOK, "url": "https://ada:secret@ada.example/"}, "/url"),
        ({**HOOK, "url": "not a URL"}, "/url"),
        ({**HOOK, "filter": {"order_id": ["o1"]}}, "/filter/order_id"),
        ({**HOOK, "filter": {"type": ["ready"] * 21}}, "/filter/type"),
        ({**HOOK, "filter": {"type": ["ready", "redy"]}}, "/filter/type/1"),
        ({**HOOK, "colour": "blue"}, "/colour"),
        ({"channel": "webhook"}, "/url"),
        ({"channel": "pigeon", "url": "https://ada.example/"}, "/channel"),
        ({"channel": "email", "address": "nobody"}, "/address"),
        ({}, "/channel"),
    ],
)
async def test_an_invalid_request_is_refused_with_its_field_errors(
    notifier: Serving, wanted: dict[str, Any], pointer: str
) -> None:
    response = await post_subscription(notifier, staff=False, **wanted)
    assert response.status_code == 422, response.text
    problem = response.json()
    assert problem["type"] == "/problems/invalid-subscription"
    assert [error["pointer"] for error in problem["errors"]] == [pointer]
    assert "secret" not in response.text


async def test_all_orders_are_for_staff_and_one_order_is_for_those_who_know_its_id(
    notifier: Serving,
) -> None:
    everything = await post_subscription(notifier, "order-events", staff=False, **HOOK)
    assert everything.status_code == 401
    assert "www-authenticate" in everything.headers
    one = await post_subscription(
        notifier, "order-events", staff=False, **HOOK, filter={"order_id": ["o1"]}
    )
    assert one.status_code == 201
    shown = one.json()
    assert one.headers["location"] == f"/subscriptions/{shown['id']}"
    assert (shown["state"], shown["topic"]) == ("pending", "order-events")
    assert (await post_subscription(notifier, "order-events", **HOOK)).status_code == 201


async def test_an_unknown_topic_cannot_be_subscribed_to(notifier: Serving) -> None:
    assert (await post_subscription(notifier, "tea-leaves", **HOOK)).status_code == 404


async def test_one_client_may_subscribe_so_often_and_staff_as_they_like(ministack: str) -> None:
    async with serving(settings_for(ministack, subscriptions_per_minute=2)) as notifier:
        for _ in range(2):
            assert (await post_subscription(notifier, staff=False, **HOOK)).status_code == 201
        refused = await post_subscription(notifier, staff=False, **HOOK)
        assert refused.status_code == 429
        assert 0 < int(refused.headers["retry-after"]) <= 60
        assert (await post_subscription(notifier, **HOOK)).status_code == 201


async def test_one_client_may_ask_for_deliveries_so_often(ministack: str) -> None:
    async with serving(settings_for(ministack, subscriptions_per_minute=2)) as notifier:
        held = await subscribe(notifier, **HOOK)
        path = "/deliveries/none/redeliver"
        codes = [(await held.ask("POST", path)).status_code for _ in range(3)]
        assert codes == [409, 409, 429]
