"""What staff can do with dead letters over HTTP: list, redrive, purge. Real queues."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from shared.domain.order import OrderState
from shared.messages.announcement import CloudEvent
from tests.support.cashier import ServedCashier

pytestmark = pytest.mark.asyncio(loop_scope="module")

PREPARING, READY, FAILED = OrderState.PREPARING, OrderState.READY, OrderState.FAILED


async def placed(cashier: ServedCashier) -> str:
    order_id: str = (await cashier.place()).body["id"]
    return order_id


async def failed(cashier: ServedCashier) -> str:
    """Place an order whose ticket becomes a dead letter."""
    order_id = await placed(cashier)
    await cashier.bury_all()
    await cashier.moved(order_id, FAILED)
    return order_id


async def listed(cashier: ServedCashier, query: str = "") -> list[dict[str, Any]]:
    answer = await cashier.staff("GET", f"/dead-letters{query}")
    assert answer.status == 200
    letters: list[dict[str, Any]] = answer.body["dead_letters"]
    return letters


async def redriven(cashier: ServedCashier, **body: object) -> dict[str, Any]:
    answer = await cashier.staff("POST", "/dead-letters/redrive", body)
    assert answer.status == 200
    outcome: dict[str, Any] = answer.body
    return outcome


async def test_a_dead_letter_is_shown_with_its_reason_and_its_order_and_no_customers_name(
    new_cashier: ServedCashier,
) -> None:
    order_id = await failed(new_cashier)

    (letter,) = await listed(new_cashier)

    assert letter.pop("id")
    assert letter.pop("age_seconds") in range(30)
    assert json.loads(letter.pop("body_excerpt"))["order_id"] == order_id
    assert letter == {
        "reason": "for a test",
        "attempts": 1,
        "order_id": order_id,
        "order_number": "001",
        "order_state": "failed",
    }
    assert "Ada" not in json.dumps(await listed(new_cashier))


async def test_poison_is_shown_with_an_excerpt_in_the_list_and_whole_by_itself(
    new_cashier: ServedCashier,
) -> None:
    poison = "x" * 5000
    unknown = {"order_id": "nobody-knows", "store_id": "main", "correlation_id": "abc"}
    await new_cashier.send(poison, json.dumps(unknown))
    await new_cashier.bury_all()

    letters = {letter["order_id"]: letter for letter in await listed(new_cashier)}
    assert letters.keys() == {None, "nobody-knows"}
    assert letters["nobody-knows"]["order_state"] is None
    assert letters[None]["body_excerpt"] == "x" * 200

    answer = await new_cashier.staff("GET", f"/dead-letters/{letters[None]['id']}")
    assert answer.body == {
        **letters[None],
        "age_seconds": answer.body["age_seconds"],
        "body": poison,
    }


async def test_a_dead_letter_that_is_not_there_is_not_found(cashier: ServedCashier) -> None:
    for letter_id in ("00000000-0000-0000-0000-000000000000", "Ada"):
        answer = await cashier.staff("GET", f"/dead-letters/{letter_id}")
        assert answer.problem == (404, "/problems/not-found")


async def test_a_list_is_bounded_and_says_how_many_there_are(new_cashier: ServedCashier) -> None:
    await new_cashier.send(*(f"poison {number}" for number in range(12)))
    await new_cashier.bury_all()

    for limit in (5, 12):
        answer = await new_cashier.staff("GET", f"/dead-letters?limit={limit}")
        assert (len(answer.body["dead_letters"]), answer.body["total"]) == (limit, 12)
    for wrong in ("0", "1001", "many"):
        refused = await new_cashier.staff("GET", f"/dead-letters?limit={wrong}")
        assert refused.problem == (400, "/problems/invalid-request")


async def test_a_redriven_order_is_placed_announced_and_queued_again_and_its_letter_is_gone(
    new_cashier: ServedCashier,
) -> None:
    order_id = await failed(new_cashier)
    (letter,) = await listed(new_cashier)

    async with new_cashier.announcements() as announcements:
        outcome = await redriven(new_cashier, ids=[letter["id"]])
        (announcement,) = await announcements.receive(10)

    assert outcome == {"dry_run": False, "redriven": [letter["id"]], "refused": [], "left": 0}
    assert CloudEvent.model_validate_json(announcement.body).id == f"{order_id}:3"
    assert len(await new_cashier.tickets(order_id)) == 1
    order = (await new_cashier.ask("GET", f"/orders/{order_id}")).body
    assert [entry["state"] for entry in order["timeline"]] == ["placed", "failed", "placed"]
    assert await listed(new_cashier) == []


async def test_no_more_are_redriven_than_the_limit_says(new_cashier: ServedCashier) -> None:
    for _ in range(3):
        await failed(new_cashier)
    outcome = await redriven(new_cashier, all=True, limit=2)
    assert (len(outcome["redriven"]), outcome["left"]) == (2, 1)
    assert len(await listed(new_cashier)) == 1


async def test_a_dry_run_says_the_same_and_changes_nothing(new_cashier: ServedCashier) -> None:
    order_id = await failed(new_cashier)
    await new_cashier.send("poison")
    await new_cashier.bury_all()
    before = await listed(new_cashier)

    trial = await redriven(new_cashier, all=True, dry_run=True)

    assert await new_cashier.take_tickets() == []
    assert (await new_cashier.ask("GET", f"/orders/{order_id}")).body["state"] == "failed"
    assert [letter["id"] for letter in await listed(new_cashier)] == [
        letter["id"] for letter in before
    ]
    assert await redriven(new_cashier, all=True) == {**trial, "dry_run": False}


async def test_letters_that_cannot_be_redriven_stay_and_are_listed_with_the_reason(
    new_cashier: ServedCashier,
) -> None:
    ready = await placed(new_cashier)
    unknown = {"order_id": "nobody-knows", "store_id": "main", "correlation_id": "abc"}
    await new_cashier.send("not JSON", json.dumps(unknown))
    await new_cashier.bury_all()
    await new_cashier.moved(ready, PREPARING, READY)

    outcome = await redriven(new_cashier, all=True)

    assert outcome["redriven"] == []
    assert sorted(letter["reason"] for letter in outcome["refused"]) == [
        "no such order",
        "not a ticket",
        "the order is ready",
    ]
    assert len(await listed(new_cashier)) == 3


async def test_an_unknown_id_is_refused_and_the_others_are_redriven(
    new_cashier: ServedCashier,
) -> None:
    order_id = await failed(new_cashier)
    (letter,) = await listed(new_cashier)
    outcome = await redriven(new_cashier, ids=["nobody-knows", letter["id"]])
    assert outcome["redriven"] == [letter["id"]]
    assert outcome["refused"] == [{"id": "nobody-knows", "reason": "no such dead letter"}]
    assert len(await new_cashier.tickets(order_id)) == 1


async def test_two_dead_letters_of_one_order_make_one_ticket(new_cashier: ServedCashier) -> None:
    order_id = await placed(new_cashier)
    (ticket,) = await new_cashier.tickets(order_id)
    await new_cashier.send(ticket.body, ticket.body)
    await new_cashier.bury_all()
    await new_cashier.moved(order_id, FAILED)

    outcome = await redriven(new_cashier, all=True)

    assert len(outcome["redriven"]) == 2
    assert len(await new_cashier.tickets(order_id)) == 1


async def test_many_are_redriven_at_once_and_by_two_at_once(new_cashier: ServedCashier) -> None:
    order_ids = {await placed(new_cashier) for _ in range(40)}
    await new_cashier.bury_all()
    for order_id in order_ids:
        await new_cashier.moved(order_id, FAILED)

    outcomes = await asyncio.gather(*(redriven(new_cashier, all=True) for _ in range(2)))

    assert sum(len(outcome["redriven"]) for outcome in outcomes) == 40
    tickets = [json.loads(ticket.body)["order_id"] for ticket in await new_cashier.take_tickets()]
    assert sorted(tickets) == sorted(order_ids)
    assert await listed(new_cashier) == []


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"ids": []},
        {"all": False},
        {"all": True, "ids": ["a"]},
        {"ids": ["a"] * 101},
        {"no": 1},
        {"all": True, "limit": 0},
    ],
)
async def test_a_redrive_without_ids_or_all_is_refused(
    cashier: ServedCashier, body: dict[str, object]
) -> None:
    answer = await cashier.staff("POST", "/dead-letters/redrive", body)
    assert answer.problem == (422, "/problems/invalid-redrive")


async def test_of_named_dead_letters_no_other_is_deleted(new_cashier: ServedCashier) -> None:
    for _ in range(2):
        await failed(new_cashier)
    first, second = (letter["id"] for letter in await listed(new_cashier))
    answer = await new_cashier.staff("DELETE", f"/dead-letters?ids={first},unknown")
    assert answer.body == {"purged": 1}
    assert [letter["id"] for letter in await listed(new_cashier)] == [second]
    assert (await new_cashier.staff("DELETE", "/dead-letters?ids=")).problem[0] == 400


async def test_purging_leaves_no_dead_letter_and_every_order_as_it_is(
    new_cashier: ServedCashier,
) -> None:
    order_id = await failed(new_cashier)
    answer = await new_cashier.staff("DELETE", "/dead-letters")
    assert answer.body == {"purged": 1}
    assert await listed(new_cashier) == []
    assert (await new_cashier.ask("GET", f"/orders/{order_id}")).body["state"] == "failed"
