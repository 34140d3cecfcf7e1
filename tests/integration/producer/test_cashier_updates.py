"""Where an order's events go: checked when the order is placed, and subscribed once."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from shared.clock import utc_now
from shared.domain.subscription import Subscription, SubscriptionState, advance
from shared.domain.tokens import matches_digest
from shared.messages.announcement import ORDER_EVENTS
from tests.support.cashier import ORDER, ServedCashier, new_key

pytestmark = pytest.mark.asyncio(loop_scope="module")

WEBHOOK = {"channel": "webhook", "url": "https://shop.example/hook"}


async def recorded(cashier: ServedCashier, order_id: str) -> list[Subscription]:
    pages = cashier.store.subscribed([f"{ORDER_EVENTS}/{order_id}"])
    return [subscription async for page in pages for subscription in page]


@pytest.mark.parametrize(
    ("notify", "pointer"),
    [
        ({"channel": "webhook", "url": "http://shop.example/hook"}, "/notify/url"),
        ({"channel": "webhook", "url": "https://10.0.0.1/hook"}, "/notify/url"),
        ({"channel": "email", "address": "nobody"}, "/notify/address"),
        ({"channel": "pigeon", "address": "ada@shop.example"}, "/notify/channel"),
        ({"channel": "email"}, "/notify/address"),
        ({}, "/notify/channel"),
    ],
)
async def test_an_order_whose_contact_is_invalid_is_refused(
    notify: dict[str, str], pointer: str, cashier: ServedCashier
) -> None:
    answer = await cashier.place({**ORDER, "notify": notify})
    assert answer.problem == (422, "/problems/invalid-order")
    assert answer.pointers == [pointer]


async def test_who_asks_for_updates_is_recorded_for_the_limits_of_the_notifier(
    cashier: ServedCashier,
) -> None:
    for notify in (WEBHOOK, {"channel": "email", "address": "ada@guests.example"}):
        placed = await cashier.place({**ORDER, "notify": notify})
        (subscription,) = await recorded(cashier, placed.body["id"])
        assert subscription.client == "127.0.0.1"


async def test_placing_an_order_again_neither_repeats_nor_changes_its_secrets(
    cashier: ServedCashier,
) -> None:
    key, body = new_key(), {**ORDER, "notify": WEBHOOK}
    first, again = [await cashier.place(body, key=key) for _ in range(2)]
    assert [first.status, again.status] == [201, 200]

    (subscription,) = await recorded(cashier, first.body["id"])
    assert subscription.state is SubscriptionState.PENDING
    assert subscription.target == WEBHOOK["url"]
    assert matches_digest(first.body["notify"]["manage_token"], subscription.manage_digest)
    assert subscription.secrets[0].secret == first.body["notify"]["secret"]
    assert again.body["notify"] == {
        **first.body["notify"],
        "manage_token": None,
        "secret": None,
    }


async def test_of_many_requests_for_one_order_one_is_given_its_secrets(
    cashier: ServedCashier,
) -> None:
    key, body = new_key(), {**ORDER, "notify": WEBHOOK}
    answers = await asyncio.gather(*(cashier.place(body, key=key) for _ in range(20)))
    given = [token for each in answers if (token := each.body["notify"]["manage_token"])]
    (subscription,) = await recorded(cashier, answers[0].body["id"])
    assert len(given) == 1
    assert matches_digest(given[0], subscription.manage_digest)


async def test_keys_are_not_shown_any_more_once_the_subscription_is_confirmed(
    cashier: ServedCashier,
) -> None:
    key, body = new_key(), {**ORDER, "notify": WEBHOOK}
    first = await cashier.place(body, key=key)
    (pending,) = await recorded(cashier, first.body["id"])
    active = advance(pending, SubscriptionState.ACTIVE, utc_now())
    await cashier.store.replace_subscription(pending, active)

    again = await cashier.place(body, key=key)
    assert again.body["notify"] == {
        "subscription_id": pending.id,
        "channel": "webhook",
        "state": "active",
        "manage_token": None,
        "secret": None,
    }
    assert await recorded(cashier, first.body["id"]) == [active]


async def test_a_second_request_for_one_order_requests_no_second_confirmation(
    cashier: ServedCashier,
) -> None:
    key, body = new_key(), {**ORDER, "notify": WEBHOOK}
    first = await cashier.place(body, key=key)
    (pending,) = await recorded(cashier, first.body["id"])
    await cashier.store.replace_subscription(pending, replace(pending, asked_at=utc_now()))
    before = await cashier.confirmation_requests()
    await cashier.place(body, key=key)
    assert await cashier.confirmation_requests() == before


async def test_the_same_order_with_another_contact_is_another_order(cashier: ServedCashier) -> None:
    key = new_key()
    await cashier.place({**ORDER, "notify": WEBHOOK}, key=key)
    elsewhere = {"channel": "email", "address": "ada@shop.example"}
    answer = await cashier.place({**ORDER, "notify": elsewhere}, key=key)
    assert answer.problem == (422, "/problems/idempotency-key-reused")


async def test_an_order_without_a_contact_is_as_it_always_was(cashier: ServedCashier) -> None:
    answer = await cashier.place(ORDER)
    assert answer.status == 201
    assert "notify" not in answer.body
    assert await recorded(cashier, answer.body["id"]) == []
