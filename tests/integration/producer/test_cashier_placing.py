"""An order that is placed is priced by the shop, stored, announced, and has a ticket."""

from __future__ import annotations

import datetime as dt
import json
import re
from typing import Any

import pytest

from shared.clock import rfc3339
from tests.support.cashier import LINE, ORDER, ServedCashier

pytestmark = pytest.mark.asyncio(loop_scope="module")

CORRELATION_ID = "0198f0a2-5f6e-7c3a-9a41-6f1f5a0f7b11"


async def test_an_order_is_placed_as_the_contract_says(new_cashier: ServedCashier) -> None:
    began = rfc3339(dt.datetime.now(dt.UTC))
    placed = await new_cashier.place()
    order = placed.body
    assert placed.status == 201
    assert re.fullmatch(r"[a-z2-7]{26}", order["id"])
    assert placed.headers["Location"] == f"/orders/{order['id']}"
    assert "Idempotent-Replayed" not in placed.headers
    assert began <= order["placed_at"] <= rfc3339(dt.datetime.now(dt.UTC))
    assert 0 <= order["estimate"]["low_seconds"] <= order["estimate"]["high_seconds"]
    assert order == {
        "id": order["id"],
        "number": "001",
        "store_id": "main",
        "state": "placed",
        "version": 1,
        "attempt": 0,
        "customer_name": "Ada",
        "items": [
            {
                "id": "1",
                "item": "latte",
                "name": "Caffè latte",
                "size": "large",
                "modifiers": ["oat-milk"],
                "quantity": 2,
                "note": "hot",
                "unit_price": 520,
                "total": 1040,
                "tax_rate": "0",
                "tax": 0,
            }
        ],
        "currency": "USD",
        "total": 1040,
        "tax": 0,
        "taxes": [{"rate": "0", "net": 1040, "tax": 0, "gross": 1040}],
        "prices_include_tax": True,
        "serve": None,
        "menu_version": 1,
        "placed_at": order["placed_at"],
        "preparing_at": None,
        "ready_at": None,
        "collected_at": None,
        "canceled_at": None,
        "cancel_reason": None,
        "remake_of": None,
        "remade_as": None,
        "timeline": [{"state": "placed", "at": order["placed_at"]}],
        "estimate": order["estimate"],
    }


async def test_the_location_of_a_placed_order_shows_it(
    cashier: ServedCashier,
) -> None:
    placed = await cashier.place()
    found = await cashier.ask("GET", placed.headers["Location"])
    assert (found.status, _lasting(found.body)) == (200, _lasting(placed.body))


@pytest.mark.parametrize(
    "order_id", ["a" * 26, "A" * 26, "x", "%00", "%ff", "a%2fb", "%F0%9F%98%80", "a" * 3000]
)
async def test_an_unknown_order_is_not_found(cashier: ServedCashier, order_id: str) -> None:
    for method, path in (("GET", ""), ("POST", "/cancel"), ("POST", "/collect")):
        missed = await cashier.staff(method, f"/orders/{order_id}{path}")
        assert missed.problem == (404, "/problems/not-found")


async def test_modifiers_and_notes_may_be_left_out(cashier: ServedCashier) -> None:
    line = {"item": "croissant", "size": "regular", "quantity": 1}
    placed = await cashier.place({"customer_name": "Ada", "items": [line]})
    (item,) = placed.body["items"]
    assert (item["modifiers"], item["note"], item["total"]) == ([], None, 290)


async def test_lines_keep_their_order_and_numbers_go_on(cashier: ServedCashier) -> None:
    items = [LINE | {"item": item} for item in ("tea", "mocha", "tea")]
    first = await cashier.place(ORDER | {"items": items})
    second = await cashier.place()
    assert [(item["id"], item["item"]) for item in first.body["items"]] == [
        ("1", "tea"),
        ("2", "mocha"),
        ("3", "tea"),
    ]
    assert int(second.body["number"]) == int(first.body["number"]) + 1


@pytest.mark.parametrize("field", ["price", "unit_price", "total"])
async def test_a_customer_cannot_name_the_price(cashier: ServedCashier, field: str) -> None:
    on_the_line = await cashier.place(ORDER | {"items": [LINE | {field: 1}]})
    on_the_order = await cashier.place(ORDER | {field: 1})
    assert (on_the_line.status, on_the_line.pointers) == (422, [f"/items/0/{field}"])
    assert (on_the_order.status, on_the_order.pointers) == (422, [f"/{field}"])


async def test_an_order_has_one_ticket_with_its_id(cashier: ServedCashier) -> None:
    placed = await cashier.place(X_Correlation_ID=CORRELATION_ID)
    (ticket,) = await cashier.tickets(placed.body["id"])
    assert placed.headers["X-Correlation-ID"] == CORRELATION_ID
    assert json.loads(ticket.body) == {
        "order_id": placed.body["id"],
        "store_id": "main",
        "correlation_id": CORRELATION_ID,
        "version": 1,
    }
    assert ticket.attributes == {"correlation_id": CORRELATION_ID}


async def test_an_order_is_announced_under_the_correlation_id_of_its_request(
    cashier: ServedCashier,
) -> None:
    async with cashier.announcements() as announced:
        placed = await cashier.place(X_Correlation_ID=CORRELATION_ID)
        (received,) = await announced.receive(10)
    order = placed.body
    assert json.loads(received.body) == {
        "specversion": "1.0",
        "id": f"{order['id']}:1",
        "source": "/stores/main",
        "type": "coffeeshop.order.placed.v1",
        "subject": order["id"],
        "time": order["placed_at"],
        "datacontenttype": "application/json",
        "correlationid": CORRELATION_ID,
        "data": {
            "order_id": order["id"],
            "number": order["number"],
            "state": "placed",
            "previous_state": None,
            "version": 1,
            "attempt": 0,
        },
    }
    assert received.attributes == {
        "type": "coffeeshop.order.placed.v1",
        "store_id": "main",
        "order_id": order["id"],
        "subscribers": "none",
    }


@pytest.mark.parametrize("sent", ["", "ada@home", "a" * 65, "<script>"])
async def test_a_correlation_id_that_could_do_harm_is_replaced(
    cashier: ServedCashier, sent: str
) -> None:
    placed = await cashier.place(X_Correlation_ID=sent)
    (ticket,) = await cashier.tickets(placed.body["id"])
    given = placed.headers["X-Correlation-ID"]
    assert re.fullmatch(r"[0-9a-f]{32}", given)
    assert ticket.attributes == {"correlation_id": given}


async def test_the_wait_grows_with_the_queue(new_cashier: ServedCashier) -> None:
    before = await new_cashier.ask("GET", "/shop")
    for _ in range(5):
        await new_cashier.place()
    after = await new_cashier.ask("GET", "/shop")
    assert (before.body["backlog"], before.body["wait_seconds"]) == (0, {"low": 0, "high": 0})
    assert after.body["backlog"] == 5
    assert 0 < after.body["wait_seconds"]["low"] < after.body["wait_seconds"]["high"]


def _lasting(order: dict[str, Any]) -> dict[str, Any]:
    """An order without its estimate, which shrinks."""
    return {name: value for name, value in order.items() if name != "estimate"}
