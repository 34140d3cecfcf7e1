"""Every order that the contract allows is taken, priced by the menu, stored and shown unchanged."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from producer.menu.file import load_menu
from producer.settings import CashierSettings
from shared.domain.menu import MenuItem
from tests.support.cashier import LINE, ORDER, ServedCashier, new_key

pytestmark = pytest.mark.asyncio(loop_scope="module")

MENU = load_menu(CashierSettings.model_fields["menu"].default).menu
FILLERS = "\u115f\u1160\u2800\u3164\uffa0"
printable = st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"])
seen = st.characters(categories=["L", "N", "P", "S"], exclude_characters=FILLERS)
names = st.builds("{}{}".format, seen, st.text(printable, max_size=79))


def lines_of(entry: MenuItem) -> st.SearchStrategy[dict[str, Any]]:
    modifiers = [modifier.id for modifier in entry.modifiers]
    return st.fixed_dictionaries(
        {
            "item": st.just(entry.id),
            "size": st.sampled_from([size.id for size in entry.sizes]),
            "quantity": st.integers(1, 20),
        },
        optional={
            "modifiers": st.permutations(modifiers).flatmap(
                lambda shuffled: st.integers(0, len(shuffled)).map(lambda n: shuffled[:n])
            ),
            "note": st.none() | st.text(printable, max_size=200),
        },
    )


orders = st.fixed_dictionaries(
    {
        "customer_name": names,
        "items": st.lists(st.sampled_from(MENU.items).flatmap(lines_of), min_size=1, max_size=20),
    }
)


def price(line: dict[str, Any]) -> int:
    (entry,) = (entry for entry in MENU.items if entry.id == line["item"])
    prices = {choice.id: choice.price for choice in (*entry.sizes, *entry.modifiers)}
    return prices[line["size"]] + sum(prices[each] for each in line.get("modifiers", []))


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(order=orders)
async def test_an_order_is_stored_and_shown_as_it_was_placed(
    cashier: ServedCashier, order: dict[str, Any]
) -> None:
    key = new_key()
    placed = await cashier.place(order, key=key)
    assert placed.status == 201
    found, repeated = await asyncio.gather(
        cashier.ask("GET", placed.headers["Location"]), cashier.place(order, key=key)
    )
    assert (found.status, repeated.status) == (200, 200)
    for shown in (placed.body, found.body, repeated.body):
        assert shown["customer_name"] == order["customer_name"]
        assert shown["total"] == sum(price(line) * line["quantity"] for line in order["items"])
        assert [
            (item["item"], item["size"], item["modifiers"], item["quantity"], item["note"])
            for item in shown["items"]
        ] == [
            (
                line["item"],
                line["size"],
                line.get("modifiers", []),
                line["quantity"],
                line.get("note"),
            )
            for line in order["items"]
        ]
        assert [item["unit_price"] for item in shown["items"]] == [
            price(line) for line in order["items"]
        ]


@pytest.mark.parametrize(
    "order",
    [
        ORDER | {"customer_name": "é" * 80},
        ORDER | {"customer_name": "👩‍🚀 <b>Ada</b> '; DROP TABLE orders; --"},
        ORDER | {"items": [LINE] * 20},
        ORDER | {"items": [LINE | {"quantity": 1}]},
        ORDER | {"items": [LINE | {"quantity": 20}]},
        ORDER | {"items": [LINE | {"note": "😀" * 200}]},
        ORDER | {"items": [LINE | {"note": ""}]},
    ],
    ids=[
        "80 characters of name",
        "a name with everything in it",
        "20 items",
        "quantity 1",
        "quantity 20",
        "200 characters of note",
        "an empty note",
    ],
)
async def test_an_order_at_the_limits_is_taken(
    cashier: ServedCashier, order: dict[str, Any]
) -> None:
    placed = await cashier.place(order)
    assert (placed.status, placed.body["customer_name"]) == (201, order["customer_name"])
