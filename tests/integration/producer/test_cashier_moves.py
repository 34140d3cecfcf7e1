"""What people at work do with orders: they complete, release, cancel and remake them."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from shared.clock import utc_now
from shared.domain.order import Order, OrderState, advance, claim
from shared.messages.announcement import order_event
from tests.support.cashier import (
    LINE,
    ORDER,
    Answered,
    ServedCashier,
    new_key,
    open_cashier,
    settings_for,
)
from tests.support.web import AS_STAFF

pytestmark = pytest.mark.asyncio(loop_scope="module")

PLACED, PREPARING, READY = OrderState.PLACED, OrderState.PREPARING, OrderState.READY
COLLECTED, CANCELED = OrderState.COLLECTED, OrderState.CANCELED


async def taken(cashier: ServedCashier, **order: object) -> Order:
    """Place an order, and let a barista claim it."""
    order_id = (await cashier.place(ORDER | order)).body["id"]
    placed = await cashier.store.get(order_id)
    assert placed is not None
    now = utc_now()
    claimed = claim(placed, "a ticket", now, now + dt.timedelta(seconds=30))
    await cashier.store.replace(placed, claimed)
    return claimed


async def taken_again(cashier: ServedCashier, order: Order) -> Order:
    """Let the next barista take the order's ticket over."""
    now = utc_now()
    again = claim(order, "a ticket", now, now + dt.timedelta(seconds=30))
    await cashier.store.replace(order, again)
    return again


async def remake(cashier: ServedCashier, order_id: str, key: str | None = None) -> Answered:
    named = {"Idempotency-Key": key} if key else {}
    return await cashier.ask("POST", f"/orders/{order_id}/remake", None, {**AS_STAFF, **named})


async def announced_by(listener: Any) -> list[dict[str, Any]]:
    return [json.loads(message.body) for message in await listener.receive(10)]


async def announced_types(listener: Any, count: int) -> dict[str, dict[str, Any]]:
    """Receive so many events; give them by their type."""
    events: dict[str, dict[str, Any]] = {}
    async with asyncio.timeout(10):
        while len(events) < count:
            events |= {event["type"]: event for event in await announced_by(listener)}
    return events


async def test_the_attempt_that_has_an_order_can_complete_it_and_it_is_announced(
    cashier: ServedCashier,
) -> None:
    order = await taken(cashier)
    async with cashier.announcements() as listener:
        tap = {"attempt": 1, "station": "espresso"}
        done = await cashier.staff("POST", f"/orders/{order.id}/complete", tap)
        again = [await cashier.staff("POST", f"/orders/{order.id}/complete", tap) for _ in "ab"]
        (event,) = await announced_by(listener)
    assert [each.status for each in again] == [409, 409]
    assert (done.status, done.body["state"], done.body["attempt"]) == (200, "ready", 1)
    assert (event["id"], event["data"]["state"]) == (f"{order.id}:3", "ready")
    recorded = await cashier.store.get(order.id)
    assert recorded is not None
    assert (recorded.state, recorded.timeline[-1].by) == (READY, "owner")


async def test_staff_see_whose_key_moved_an_order_and_its_customer_does_not(
    cashier: ServedCashier,
) -> None:
    order = await taken(cashier)
    completed = await cashier.staff("POST", f"/orders/{order.id}/complete", {"attempt": 1})
    looked_up = await cashier.staff("GET", f"/orders/{order.id}")
    (listed,) = (await cashier.staff("GET", "/orders?limit=1")).body["orders"]
    for shown in (looked_up.body, listed):
        assert shown["id"] == order.id
        assert [each.get("by") for each in shown["timeline"]] == [None, None, "owner"]
    assert looked_up.body["timeline"][0].keys() == {"state", "at"}
    wrong_key = {"Authorization": "Bearer nobody-has-this-key"}
    for headers in ({}, wrong_key):
        theirs = await cashier.ask("GET", f"/orders/{order.id}", None, headers)
        assert theirs.status == 200
        assert theirs.body["timeline"] == completed.body["timeline"]
        assert "owner" not in json.dumps(theirs.body)


async def test_a_change_is_announced_once_however_often_and_at_once_people_tap(
    cashier: ServedCashier,
) -> None:
    order, other = await taken(cashier), (await cashier.place()).body["id"]
    async with cashier.announcements() as listener:
        complete = partial(cashier.staff, "POST", f"/orders/{order.id}/complete", {"attempt": 1})
        cancel = partial(cashier.ask, "POST", f"/orders/{other}/cancel")
        taps = await asyncio.gather(*(tap() for _ in range(8) for tap in (complete, cancel)))
        later = [await tap() for _ in range(5) for tap in (complete, cancel)]
        await cashier.staff("POST", f"/orders/{order.id}/collect")
        events: list[str] = []
        while f"{order.id}:4" not in events:
            events += [event["id"] for event in await announced_by(listener)]
    assert sorted(tap.status for tap in taps) == [200] * 2 + [409] * 14
    assert {tap.status for tap in later} == {409}
    assert sorted(events) == sorted([f"{order.id}:3", f"{other}:2", f"{order.id}:4"])


async def test_a_tap_for_an_older_attempt_is_refused_and_changes_nothing(
    cashier: ServedCashier,
) -> None:
    order = await taken_again(cashier, await taken(cashier))
    for path, kind in (("complete", "not-completable"), ("release", "not-releasable")):
        refused = await cashier.staff("POST", f"/orders/{order.id}/{path}", {"attempt": 1})
        assert refused.problem == (409, f"/problems/{kind}")
        assert "attempt 2" in refused.body["detail"]
    assert await cashier.store.get(order.id) == order


@pytest.mark.parametrize("path", ["complete", "release"])
@pytest.mark.parametrize("states", [[], [PREPARING, READY], [CANCELED]])
async def test_only_an_order_in_preparation_is_completed_or_released(
    cashier: ServedCashier, path: str, states: list[OrderState]
) -> None:
    placed = await cashier.place()
    order = await cashier.moved(placed.body["id"], *states)
    refused = await cashier.staff("POST", f"/orders/{order.id}/{path}", {"attempt": 1})
    assert refused.status == 409
    assert f"the order is {order.state}" in refused.body["detail"]


@pytest.mark.parametrize(
    "body",
    [{}, {"attempt": 0}, {"attempt": "1"}, {"attempt": 1.5}, {"attempt": 1, "shelf": "2"}],
)
async def test_a_completion_names_its_attempt_and_nothing_unknown(
    cashier: ServedCashier, body: object
) -> None:
    refused = await cashier.staff("POST", "/orders/1a7e/complete", body)
    assert refused.problem == (422, "/problems/invalid-move")


@pytest.mark.parametrize("body", [None, {}, {"attempt": 1}])
async def test_a_released_order_is_placed_again_and_that_is_announced(
    cashier: ServedCashier, body: object
) -> None:
    order = await taken(cashier)
    async with cashier.announcements() as listener:
        released = await cashier.staff("POST", f"/orders/{order.id}/release", body)
        (event,) = await announced_by(listener)
    assert (released.status, released.body["state"], released.body["version"]) == (200, "placed", 3)
    assert (event["id"], event["data"]["previous_state"]) == (f"{order.id}:3", "preparing")


@pytest.mark.parametrize("states", [[], [PREPARING], [PREPARING, READY]])
async def test_staff_cancel_until_it_is_collected_and_the_reason_is_told(
    cashier: ServedCashier, states: list[OrderState]
) -> None:
    order = await cashier.moved((await cashier.place()).body["id"], *states)
    why = {"reason": "out of oat milk"}
    async with cashier.announcements() as listener:
        canceled = await cashier.staff("POST", f"/orders/{order.id}/cancel", why)
        (event,) = await announced_by(listener)
    assert (canceled.status, canceled.body["state"]) == (200, "canceled")
    assert canceled.body["cancel_reason"] == "out of oat milk"
    assert event["data"]["cancel_reason"] == "out of oat milk"


async def test_a_collected_order_is_not_canceled_by_anybody(cashier: ServedCashier) -> None:
    order = await cashier.moved((await cashier.place()).body["id"], PREPARING, READY, COLLECTED)
    refused = await cashier.staff("POST", f"/orders/{order.id}/cancel")
    assert refused.problem == (409, "/problems/order-not-cancelable")


@pytest.mark.parametrize("reason", ["", " ", "a\u0000b", "a" * 201, 7])
async def test_a_reason_is_text_that_can_be_read(cashier: ServedCashier, reason: object) -> None:
    placed = await cashier.place()
    path = f"/orders/{placed.body['id']}/cancel"
    refused = await cashier.staff("POST", path, {"reason": reason})
    assert refused.problem == (422, "/problems/invalid-move")
    assert (await cashier.ask("GET", f"/orders/{placed.body['id']}")).body["state"] == "placed"


@pytest.mark.parametrize("states", [[], [PREPARING]])
async def test_who_shows_a_wrong_key_does_not_cancel_as_a_customer(
    cashier: ServedCashier, states: list[OrderState]
) -> None:
    order = await cashier.moved((await cashier.place()).body["id"], *states)
    wrong = {"Authorization": "Bearer of-no-key-that-there-is"}
    refused = await cashier.ask("POST", f"/orders/{order.id}/cancel", None, wrong)
    assert refused.problem == (401, "/problems/unauthorized")
    assert await cashier.store.get(order.id) == order


@pytest.mark.parametrize("states", [[PREPARING, READY], [PREPARING, READY, COLLECTED]])
async def test_a_remake_is_a_copy_free_of_charge_with_a_number_and_a_ticket_of_its_own(
    cashier: ServedCashier, states: list[OrderState]
) -> None:
    first = (await cashier.place()).body
    await cashier.moved(first["id"], *states)
    await cashier.take_tickets()
    async with cashier.announcements() as listener:
        remade = await remake(cashier, first["id"])
        events = await announced_types(listener, 2 if states[-1] is READY else 1)
    event = events["coffeeshop.order.placed.v1"]
    body = remade.body
    assert (remade.status, remade.headers["Location"]) == (201, f"/orders/{body['id']}")
    assert (body["remake_of"], body["total"], body["state"]) == (first["id"], 0, "placed")
    assert body["number"] != first["number"]
    kept = ("item", "size", "modifiers", "quantity", "note")
    assert {name: body["items"][0][name] for name in kept} == LINE
    assert event["data"]["remake_of"] == first["id"]
    assert len(await cashier.tickets(body["id"])) == 1
    assert (await cashier.ask("GET", f"/orders/{first['id']}")).body["total"] > 0


async def test_a_remake_under_one_key_is_made_once_and_its_key_is_not_an_orders(
    cashier: ServedCashier,
) -> None:
    first, other = [
        await cashier.moved((await cashier.place()).body["id"], PREPARING, READY) for _ in range(2)
    ]
    key = new_key()
    remade, again = await remake(cashier, first.id, key), await remake(cashier, first.id, key)
    assert (remade.status, again.status) == (201, 200)
    assert (again.body["id"], again.headers["Idempotent-Replayed"]) == (remade.body["id"], "true")
    for reused in (await remake(cashier, other.id, key), await cashier.place(key=key)):
        assert reused.problem == (422, "/problems/idempotency-key-reused")


async def test_the_key_of_a_remake_is_good_when_its_customer_is_forgotten(
    cashier: ServedCashier,
) -> None:
    first, other = [
        await cashier.moved((await cashier.place()).body["id"], PREPARING, READY) for _ in range(2)
    ]
    key = new_key()
    remade = await remake(cashier, first.id, key)
    await cashier.staff("POST", "/customers/forget", {"order_id": first.id})
    again = await remake(cashier, first.id, key)
    assert (again.status, again.body["id"]) == (200, remade.body["id"])
    assert again.body["customer_name"] == "forgotten"
    for reused in (await remake(cashier, other.id, key), await cashier.place(key=key)):
        assert reused.problem == (422, "/problems/idempotency-key-reused")
        assert "forgotten" in reused.body["detail"]


@pytest.mark.parametrize("states", [[PREPARING, READY], [PREPARING, READY, COLLECTED]])
async def test_a_remade_order_leaves_the_board_leads_to_the_remake_and_is_sold_once(
    new_cashier: ServedCashier, states: list[OrderState]
) -> None:
    first = await new_cashier.moved((await new_cashier.place()).body["id"], *states)
    key = new_key()
    async with new_cashier.announcements() as listener:
        remade = (await remake(new_cashier, first.id, key)).body
        events = await announced_types(listener, 2 if states[-1] is READY else 1)
    now = (await new_cashier.ask("GET", f"/orders/{first.id}")).body
    assert (now["state"], now["remade_as"], now["remake_of"]) == ("collected", remade["id"], None)
    assert now["version"] == first.version + (states[-1] is READY)
    if states[-1] is READY:
        left = events["coffeeshop.order.collected.v1"]["data"]
        assert (left["order_id"], left["remade_as"]) == (first.id, remade["id"])
    assert (await new_cashier.ask("GET", "/board/orders")).body["ready"] == []
    (card,) = (await new_cashier.staff("GET", "/kitchen")).body["orders"]
    assert (card["id"], card["remake_for"]) == (remade["id"], first.number)
    report = (await new_cashier.staff("GET", "/reports/day")).body
    assert (report["orders"], report["sold"], report["remakes"]) == (2, 1, 1)
    assert report["revenue"]["gross"] == now["total"]

    second = (await remake(new_cashier, first.id)).body
    assert (await remake(new_cashier, first.id, key)).status == 200
    now = (await new_cashier.ask("GET", f"/orders/{first.id}")).body
    assert now["remade_as"] == second["id"], "a repeated request does not lead back"


async def test_a_remake_whose_first_order_was_left_ready_by_a_crash_takes_its_place_when_repeated(
    cashier: ServedCashier,
) -> None:
    first = await cashier.moved((await cashier.place()).body["id"], PREPARING, READY)
    key = new_key()
    remade = (await remake(cashier, first.id, key)).body
    moved = await cashier.store.get(first.id)
    assert moved is not None
    await cashier.store.replace(moved, replace(first, version=moved.version))
    assert (await remake(cashier, first.id, key)).status == 200
    now = (await cashier.ask("GET", f"/orders/{first.id}")).body
    assert (now["state"], now["remade_as"]) == ("collected", remade["id"])


async def test_the_remake_of_a_remake_refers_to_the_first_order(cashier: ServedCashier) -> None:
    first = await cashier.moved((await cashier.place()).body["id"], PREPARING, READY)
    second = (await remake(cashier, first.id)).body["id"]
    await cashier.moved(second, PREPARING, READY)
    third = (await remake(cashier, second)).body
    assert third["remake_of"] == first.id
    for before in (first.id, second):
        assert (await cashier.ask("GET", f"/orders/{before}")).body["remade_as"] == third["id"]


@pytest.mark.parametrize("states", [[], [PREPARING], [CANCELED], [PREPARING, READY, CANCELED]])
async def test_only_what_was_handed_out_is_remade(
    cashier: ServedCashier, states: list[OrderState]
) -> None:
    order = await cashier.moved((await cashier.place()).body["id"], *states)
    assert (await remake(cashier, order.id)).problem == (409, "/problems/not-remakable")


async def test_an_order_is_not_remade_long_after_it_was_ready(
    ministack: str, tmp_path: Path
) -> None:
    async with open_cashier(settings_for(ministack, tmp_path, remake_seconds=60)) as cashier:
        order = await cashier.moved((await cashier.place()).body["id"], PREPARING)
        ready = advance(order, READY, utc_now() - dt.timedelta(seconds=61))
        await cashier.store.replace(order, ready)
        assert (await remake(cashier, order.id)).problem == (409, "/problems/not-remakable")


async def test_a_ready_order_is_called_again_by_the_event_that_it_had_and_not_too_often(
    cashier: ServedCashier,
) -> None:
    order = await cashier.moved((await cashier.place()).body["id"], PREPARING)
    refused = await cashier.staff("POST", f"/orders/{order.id}/call")
    assert refused.problem == (409, "/problems/order-not-collectable")
    ready = await cashier.moved(order.id, READY)
    async with cashier.announcements() as listener:
        for _ in range(3):
            assert (await cashier.staff("POST", f"/orders/{order.id}/call")).status == 200
        (event,) = await announced_by(listener)
        assert event == order_event(ready).model_dump(mode="json", exclude_none=True)
        await cashier.staff("POST", f"/orders/{order.id}/collect")
        (event,) = await announced_by(listener)
        assert event["type"] == "coffeeshop.order.collected.v1", "it was called once"


@pytest.mark.parametrize("path", ["call", "complete", "release", "cancel", "remake"])
async def test_an_order_that_is_not_known_is_not_found(cashier: ServedCashier, path: str) -> None:
    body = {"attempt": 1} if path in {"complete", "release"} else None
    missed = await cashier.staff("POST", f"/orders/1a7e/{path}", body)
    assert missed.problem == (404, "/problems/not-found")


async def test_the_kitchen_shows_what_is_to_be_made_oldest_first_and_remakes_before_all(
    new_cashier: ServedCashier,
) -> None:
    first = await new_cashier.moved((await new_cashier.place()).body["id"], PREPARING, READY)
    in_hand = await taken(new_cashier, customer_name="Grace")
    waiting = (await new_cashier.place()).body
    remade = (await remake(new_cashier, first.id)).body
    shown = (await new_cashier.staff("GET", "/kitchen")).body
    assert [one["id"] for one in shown["orders"]] == [remade["id"], in_hand.id, waiting["id"]]
    assert not shown["more"]
    card = shown["orders"][1]
    assert (card["state"], card["attempt"], card["in_hand"]) == ("preparing", 1, True)
    assert card["items"][0].items() >= LINE.items()
    assert [one["in_hand"] for one in shown["orders"]] == [False, True, False]


async def test_the_kitchen_shows_no_more_than_was_asked_for_and_says_so(
    new_cashier: ServedCashier,
) -> None:
    placed = [(await new_cashier.place()).body["id"] for _ in range(3)]
    shown = (await new_cashier.staff("GET", "/kitchen?limit=2&station=espresso")).body
    assert ([one["id"] for one in shown["orders"]], shown["more"]) == (placed[:2], True)
    for wrong in ("limit=0", f"station={'a' * 41}"):
        refused = await new_cashier.staff("GET", f"/kitchen?{wrong}")
        assert refused.problem == (400, "/problems/invalid-request")


async def test_an_order_whose_barista_is_gone_is_not_in_hand(new_cashier: ServedCashier) -> None:
    placed = await new_cashier.place()
    order = await new_cashier.store.get(placed.body["id"])
    assert order is not None
    lapsed = claim(order, "a ticket", utc_now(), utc_now())
    await new_cashier.store.replace(order, lapsed)
    (card,) = (await new_cashier.staff("GET", "/kitchen")).body["orders"]
    assert (card["state"], card["in_hand"]) == ("preparing", False)
