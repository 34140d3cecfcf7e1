"""An order that is sent again under its key is placed once, however often and however at once."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections import Counter
from pathlib import Path

import pytest

from shared.domain.order import OrderState
from tests.support.cashier import (
    LINE,
    ORDER,
    ServedCashier,
    new_key,
    open_cashier,
    settings_for,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.fixture
def key() -> str:
    return new_key()


async def test_a_second_place_returns_the_first_order(cashier: ServedCashier, key: str) -> None:
    first = await cashier.place(key=key)
    second = await cashier.place(key=key)
    assert (first.status, second.status) == (201, 200)
    assert second.headers["Idempotent-Replayed"] == "true"
    assert second.headers["Location"] == first.headers["Location"]
    assert second.body["id"] == first.body["id"]
    assert len(await cashier.tickets(first.body["id"])) == 1


async def test_an_order_written_differently_is_still_the_same(
    cashier: ServedCashier, key: str
) -> None:
    lean = {"quantity": 1, "size": "small", "item": "tea"}
    spelled_out = {"item": "tea", "size": "small", "modifiers": [], "quantity": 1, "note": None}
    written = json.dumps({"items": [spelled_out], "customer_name": "Ada"}, indent=2).encode()
    first = await cashier.place({"customer_name": "Ada", "items": [lean]}, key=key)
    second = await cashier.place(written, key=key)
    assert (second.status, second.body["id"]) == (200, first.body["id"])


async def test_a_repeat_shows_the_order_as_it_is_now(cashier: ServedCashier, key: str) -> None:
    first = await cashier.place(key=key)
    await cashier.moved(first.body["id"], OrderState.PREPARING, OrderState.READY)
    second = await cashier.place(key=key)
    assert (second.status, second.body["state"], second.body["version"]) == (200, "ready", 3)


@pytest.mark.parametrize(
    "other",
    [ORDER | {"customer_name": "Grace"}, ORDER | {"items": [LINE, LINE]}],
    ids=["another name", "another line"],
)
async def test_a_key_is_for_one_order_only(
    cashier: ServedCashier, key: str, other: dict[str, object]
) -> None:
    first = await cashier.place(key=key)
    refused = await cashier.place(other, key=key)
    assert refused.problem == (422, "/problems/idempotency-key-reused")
    kept = await cashier.ask("GET", first.headers["Location"])
    assert kept.body["items"] == first.body["items"]


async def test_an_order_that_was_refused_leaves_its_key_free(
    cashier: ServedCashier, key: str
) -> None:
    refused = await cashier.place(ORDER | {"items": []}, key=key)
    missed = await cashier.place(ORDER | {"items": [LINE | {"item": "lotte"}]}, key=key)
    placed = await cashier.place(key=key)
    assert (refused.status, missed.status, placed.status) == (422, 422, 201)


@pytest.mark.parametrize(
    "key", ["~!@#$%^&*()_+{}|:", "MZqk2tbwwtXvtL9VqMFeVw", "a" + "5zQ~x" * 40 + "F?w"]
)
async def test_a_key_may_be_of_any_visible_characters(cashier: ServedCashier, key: str) -> None:
    assert [(await cashier.place(key=key)).status for _ in range(2)] == [201, 200]


@pytest.mark.parametrize(
    "key", ["the-first-order-of-ada", "my-order-2026-11-28", str(uuid.UUID(int=0))]
)
async def test_a_key_that_a_stranger_can_guess_is_refused_and_the_answer_says_how_to_make_one(
    cashier: ServedCashier, key: str
) -> None:
    refused = await cashier.place(key=key)
    assert refused.problem == (400, "/problems/invalid-idempotency-key")
    assert "uuidgen" in refused.body["detail"]
    assert key not in json.dumps(refused.body)


async def test_orders_without_a_key_are_each_their_own(cashier: ServedCashier) -> None:
    placed = [await cashier.place() for _ in range(2)]
    assert [answer.status for answer in placed] == [201, 201]
    assert placed[0].body["id"] != placed[1].body["id"]


async def test_50_at_once_under_one_key_place_one_order_with_one_ticket(
    cashier: ServedCashier,
    key: str,
) -> None:
    answers = await asyncio.gather(*(cashier.place(key=key) for _ in range(50)))
    assert Counter(answer.status for answer in answers) == {201: 1, 200: 49}
    ((order_id, number),) = {(answer.body["id"], answer.body["number"]) for answer in answers}
    assert len(await cashier.tickets(order_id)) == 1
    assert int((await cashier.place()).body["number"]) == int(number) + 1


async def test_of_two_orders_at_once_under_one_key_one_is_placed(
    cashier: ServedCashier, key: str
) -> None:
    bodies = [ORDER, ORDER | {"customer_name": "Grace"}]
    answers = await asyncio.gather(*(cashier.place(bodies[n % 2], key=key) for n in range(50)))
    assert Counter(answer.status for answer in answers) == {201: 1, 200: 24, 422: 25}
    placed = {answer.body["id"] for answer in answers if answer.status != 422}
    names = {answer.body["customer_name"] for answer in answers if answer.status != 422}
    assert (len(placed), len(names)) == (1, 1)
    refused = {answer.problem for answer in answers if answer.status == 422}
    assert refused == {(422, "/problems/idempotency-key-reused")}


async def test_two_cashiers_of_one_shop_place_one_order_under_one_key(
    ministack: str, tmp_path: Path, key: str
) -> None:
    settings = settings_for(ministack, tmp_path)
    async with open_cashier(settings) as first, open_cashier(settings) as second:
        answers = await asyncio.gather(
            *(cashier.place(key=key) for cashier in (first, second) for _ in range(10))
        )
        assert Counter(answer.status for answer in answers) == {201: 1, 200: 19}
        (order_id,) = {answer.body["id"] for answer in answers}
        assert 1 <= len(await first.tickets(order_id)) <= 2
