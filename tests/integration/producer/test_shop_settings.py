"""The settings of the shop over HTTP: read by staff, changed by managers, in force at once."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from shared.clock import utc_now
from shared.domain.order import OrderState, advance
from tests.support.cashier import ServedCashier
from tests.support.web import AS_STAFF

pytestmark = pytest.mark.asyncio(loop_scope="module")

SETTINGS: dict[str, Any] = {
    "name": "Café Zoë",
    "address": "Hauptstraße 1\n10827 Berlin",
    "languages": ["de"],
    "cancel_reasons": ["Kein Kuchen mehr"],
    "ready_shown_minutes": 20,
    "kitchen_warn_minutes": 4,
    "kitchen_late_minutes": 4,
}


async def test_settings_have_defaults_and_are_read_as_they_were_written(
    new_cashier: ServedCashier,
) -> None:
    defaults = await new_cashier.staff("GET", "/shop/settings")
    assert defaults.headers["ETag"] == '"0"'
    assert defaults.body == {
        "name": "Coffee shop",
        "address": "",
        "languages": ["en", "de"],
        "cancel_reasons": ["Sold out", "Not collected", "Wish of the customer"],
        "ready_shown_minutes": 120,
        "kitchen_warn_minutes": 3,
        "kitchen_late_minutes": 5,
    }
    put = await new_cashier.staff("PUT", "/shop/settings", SETTINGS)
    read = await new_cashier.staff("GET", "/shop/settings")
    assert put.body == read.body == SETTINGS
    assert put.headers["ETag"] == read.headers["ETag"] == '"1"'

    stale = await new_cashier.ask("PUT", "/shop/settings", {}, {**AS_STAFF, "If-Match": '"0"'})
    assert stale.problem == (412, "/problems/changed-meanwhile")


@pytest.mark.parametrize(
    ("setting", "value", "pointer"),
    [
        ("name", " ", "/name"),
        ("name", "x" * 81, "/name"),
        ("address", "one\x07two", "/address"),
        ("address", "x" * 301, "/address"),
        ("languages", [], "/languages"),
        ("languages", ["fr"], "/languages/0"),
        ("languages", ["de", "de"], "/languages"),
        ("cancel_reasons", ["sold out", "sold out"], "/cancel_reasons"),
        ("cancel_reasons", [f"reason {at}" for at in range(21)], "/cancel_reasons"),
        ("cancel_reasons", ["x" * 201], "/cancel_reasons/0"),
        ("ready_shown_minutes", 0, "/ready_shown_minutes"),
        ("kitchen_warn_minutes", "3", "/kitchen_warn_minutes"),
        ("kitchen_late_minutes", 2, "/kitchen_late_minutes"),
        ("currency", "EUR", "/currency"),
    ],
)
async def test_a_setting_that_is_not_valid_is_named_and_nothing_changes(
    cashier: ServedCashier, setting: str, value: object, pointer: str
) -> None:
    refused = await cashier.staff("PUT", "/shop/settings", {**SETTINGS, setting: value})
    assert refused.problem == (422, "/problems/invalid-setting")
    assert refused.pointers == [pointer]
    assert (await cashier.staff("GET", "/shop/settings")).headers["ETag"] == '"0"'


async def test_a_ready_order_is_on_the_board_for_as_long_as_the_shop_wants(
    new_cashier: ServedCashier,
) -> None:
    minutes_ready = {"001": 4, "002": 6}
    for minutes in minutes_ready.values():
        placed = await new_cashier.place()
        before = await new_cashier.moved(placed.body["id"], OrderState.PREPARING)
        at = utc_now() - dt.timedelta(minutes=minutes)
        await new_cashier.store.replace(before, advance(before, OrderState.READY, at))

    async def shown() -> list[str]:
        board = (await new_cashier.ask("GET", "/board/orders")).body
        return sorted(entry["number"] for entry in board["ready"])

    assert await shown() == ["001", "002"]
    await new_cashier.staff("PUT", "/shop/settings", {"ready_shown_minutes": 5})
    assert await shown() == ["001"]
