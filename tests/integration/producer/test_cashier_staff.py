"""What staff may do, what holders of an order's id may do, and what everybody may see."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from producer.app import CASHIER_OPERATIONS
from shared.domain.order import OrderState
from shared.web.operation import FOR_STAFF
from tests.support.cashier import (
    ORDER,
    ServedCashier,
    open_cashier,
    settings_for,
)
from tests.support.web import STAFF_KEY

pytestmark = pytest.mark.asyncio(loop_scope="module")

PREPARING, READY, COLLECTED = OrderState.PREPARING, OrderState.READY, OrderState.COLLECTED
STAFF_ROUTES = [
    (operation.method, re.sub(r"{(id|version)[^}]*}", "17", operation.path))
    for operation in CASHIER_OPERATIONS
    if operation.role in FOR_STAFF
]


@pytest.mark.parametrize(
    "authorization",
    [
        None,
        "",
        "Bearer",
        "Bearer wrong",
        f"Bearer {STAFF_KEY}x",
        f"Bearer {STAFF_KEY[:-1]}",
        f"Basic {STAFF_KEY}",
        STAFF_KEY,
    ],
)
async def test_staff_routes_require_the_staff_key(
    cashier: ServedCashier, authorization: str | None
) -> None:
    headers = {} if authorization is None else {"Authorization": authorization}
    for method, path in STAFF_ROUTES:
        refused = await cashier.ask(method, path, None if method == "GET" else {}, headers)
        assert refused.problem == (401, "/problems/unauthorized")
        assert refused.headers["WWW-Authenticate"].startswith("Bearer")
        assert STAFF_KEY not in json.dumps(refused.body)


async def test_an_order_that_nobody_has_begun_can_be_canceled(cashier: ServedCashier) -> None:
    placed = await cashier.place()
    async with cashier.announcements() as announced:
        canceled = await cashier.ask("POST", f"/orders/{placed.body['id']}/cancel")
        (received,) = await announced.receive(10)
    assert canceled.status == 200
    assert (canceled.body["state"], canceled.body["version"]) == ("canceled", 2)
    assert canceled.body["canceled_at"] == canceled.body["timeline"][-1]["at"]
    assert canceled.body["estimate"] is None
    event = json.loads(received.body)
    assert event["type"] == "coffeeshop.order.canceled.v1"
    assert event["id"] == f"{placed.body['id']}:2"


@pytest.mark.parametrize(
    "begun",
    [[PREPARING], [PREPARING, READY], [OrderState.CANCELED]],
    ids=["being prepared", "ready", "canceled before"],
)
async def test_an_order_that_was_begun_cannot_be_canceled(
    cashier: ServedCashier, begun: list[OrderState]
) -> None:
    placed = await cashier.place()
    moved = await cashier.moved(placed.body["id"], *begun)
    refused = await cashier.ask("POST", f"/orders/{moved.id}/cancel")
    assert refused.problem == (409, "/problems/order-not-cancelable")
    assert await cashier.store.get(moved.id) == moved


async def test_a_ready_order_is_handed_over_once(cashier: ServedCashier) -> None:
    placed = await cashier.place()
    await cashier.moved(placed.body["id"], PREPARING, READY)
    async with cashier.announcements() as announced:
        collected = await cashier.staff("POST", f"/orders/{placed.body['id']}/collect")
        (received,) = await announced.receive(10)
    again = await cashier.staff("POST", f"/orders/{placed.body['id']}/collect")
    assert (collected.status, collected.body["state"]) == (200, "collected")
    assert collected.body["collected_at"] == collected.body["timeline"][-1]["at"]
    assert json.loads(received.body)["type"] == "coffeeshop.order.collected.v1"
    assert again.problem == (409, "/problems/order-not-collectable")


@pytest.mark.parametrize(
    "states",
    [[], [PREPARING], [OrderState.FAILED]],
    ids=["placed", "being prepared", "failed"],
)
async def test_an_order_that_is_not_ready_cannot_be_handed_over(
    cashier: ServedCashier, states: list[OrderState]
) -> None:
    placed = await cashier.place()
    moved = await cashier.moved(placed.body["id"], *states)
    refused = await cashier.staff("POST", f"/orders/{moved.id}/collect")
    assert refused.problem == (409, "/problems/order-not-collectable")
    assert await cashier.store.get(moved.id) == moved


async def test_the_pages_of_the_list_hold_every_order_once_and_the_newest_first(
    new_cashier: ServedCashier,
) -> None:
    placed = {(await new_cashier.place()).body["id"] for _ in range(6)}
    for limit in (1, 2, 3, 100):
        listed = await _listed(new_cashier, limit)
        times = [order["placed_at"] for order in listed]
        assert len(listed) == len(placed)
        assert {order["id"] for order in listed} == placed
        assert times == sorted(times, reverse=True)


async def test_the_list_can_be_of_one_state(new_cashier: ServedCashier) -> None:
    placed = [(await new_cashier.place()).body["id"] for _ in range(3)]
    await new_cashier.moved(placed[0], PREPARING)
    await new_cashier.moved(placed[1], PREPARING, READY, COLLECTED)
    for state, order_id in (("preparing", 0), ("collected", 1), ("placed", 2)):
        page = await new_cashier.staff("GET", f"/orders?state={state}")
        assert [order["id"] for order in page.body["orders"]] == [placed[order_id]]
    assert (await new_cashier.staff("GET", "/orders?state=expired")).body["orders"] == []


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=101",
        "limit=x",
        "limit=1.5",
        "limit=1&limit=2",
        "state=brewing",
        "cursor=nonsense",
        "cursor=",
        f"cursor={'a' * 501}",
        "cursor=%00",
    ],
)
async def test_an_invalid_list_query_is_refused(cashier: ServedCashier, query: str) -> None:
    refused = await cashier.staff("GET", f"/orders?{query}")
    assert refused.problem == (400, "/problems/invalid-request")


async def test_the_board_shows_numbers_and_nothing_that_leads_to_a_customer(
    new_cashier: ServedCashier,
) -> None:
    placed = [
        (await new_cashier.place(ORDER | {"customer_name": "Lovelace"})).body for _ in range(4)
    ]
    preparing = await new_cashier.moved(placed[1]["id"], PREPARING)
    ready = await new_cashier.moved(placed[2]["id"], PREPARING, READY)
    await new_cashier.moved(placed[3]["id"], PREPARING, READY, COLLECTED)
    board = await new_cashier.ask("GET", "/board/orders")
    assert [entry["number"] for entry in board.body["preparing"]] == [preparing.number]
    assert [entry["number"] for entry in board.body["ready"]] == [ready.number]
    assert {name for group in board.body.values() for entry in group for name in entry} == {
        "number",
        "since",
    }
    written = json.dumps(board.body)
    assert "Lovelace" not in written
    assert not any(order["id"] in written for order in placed)


async def test_an_item_that_is_not_on_the_menu_cannot_be_sold_out(cashier: ServedCashier) -> None:
    missed = await cashier.staff("PUT", "/menu/items/lotte", {"sold_out": True})
    refused = await cashier.staff("PUT", "/menu/items/latte", {"sold_out": "yes"})
    assert missed.problem == (404, "/problems/not-found")
    assert refused.problem == (422, "/problems/invalid-setting")
    assert refused.pointers == ["/sold_out"]


async def test_the_menu_is_that_of_the_menu_file(ministack: str, tmp_path: Path) -> None:
    path = tmp_path / "menu.yaml"
    path.write_text(
        "currency: EUR\nsizes: {small: Small}\nitems:\n"
        "  tea: {name: Tea, category: tea, prep_seconds: 40, sizes: {small: 260}}\n"
    )
    async with open_cashier(settings_for(ministack, tmp_path, menu=path)) as cashier:
        menu = await cashier.ask("GET", "/menu")
    assert menu.body == {
        "currency": "EUR",
        "version": 1,
        "prices_include_tax": True,
        "serve": None,
        "items": [
            {
                "id": "tea",
                "name": "Tea",
                "description": "",
                "category": "tea",
                "prep_seconds": 40,
                "sold_out": False,
                "sizes": [{"id": "small", "name": "Small", "price": 260, "sold_out": False}],
                "modifiers": [],
                "allergens": [],
                "may_contain": [],
                "notes": "",
                "tax_rates": {"here": "0", "away": "0"},
                "photo": None,
            }
        ],
    }


async def _listed(cashier: ServedCashier, limit: int) -> list[dict[str, Any]]:
    """Walk through the pages of the list, to the last."""
    listed: list[dict[str, Any]] = []
    cursor = ""
    while True:
        page = (await cashier.staff("GET", f"/orders?limit={limit}{cursor}")).body
        assert len(page["orders"]) <= limit
        listed += page["orders"]
        if page["next_cursor"] is None:
            return listed
        cursor = f"&cursor={page['next_cursor']}"
