"""A refused order is answered with the reason, and with when to try again if that is known."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from shared.clock import rfc3339
from tests.support.cashier import (
    ORDER,
    ServedCashier,
    new_key,
    open_cashier,
    settings_for,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(loop_scope="module", autouse=True)
async def opened(cashier: ServedCashier) -> AsyncIterator[None]:
    """The shop, open again after the test."""
    yield
    await cashier.staff("PUT", "/shop", {"state": "open"})


def in_seconds(seconds: float) -> str:
    return rfc3339(dt.datetime.now(dt.UTC) + dt.timedelta(seconds=seconds))


@pytest.mark.parametrize("state", ["closed", "paused"])
async def test_a_shop_that_is_closed_takes_no_orders_until_it_is_opened(
    cashier: ServedCashier, state: str
) -> None:
    shut = await cashier.staff("PUT", "/shop", {"state": state, "reason": "stocktaking"})
    assert (shut.status, shut.body["state"], shut.body["reason"]) == (200, state, "stocktaking")
    refused = await cashier.place()
    assert refused.problem == (409, "/problems/shop-closed")
    assert "stocktaking" in refused.body["detail"]
    assert "Retry-After" not in refused.headers
    await cashier.staff("PUT", "/shop", {"state": "open"})
    assert (await cashier.place()).status == 201


@pytest.mark.parametrize("state", ["closed", "paused"])
async def test_a_shop_that_is_closed_until_then_says_so(cashier: ServedCashier, state: str) -> None:
    until = in_seconds(90)
    shut = await cashier.staff("PUT", "/shop", {"state": state, "until": until})
    refused = await cashier.place()
    assert shut.body["until"] == until
    assert refused.problem == (409, "/problems/shop-closed")
    assert 85 <= int(refused.headers["Retry-After"]) <= 90


async def test_after_retry_after_seconds_the_shop_is_open(cashier: ServedCashier) -> None:
    await cashier.staff("PUT", "/shop", {"state": "closed", "until": in_seconds(1.3)})
    refused = await cashier.place()
    await asyncio.sleep(int(refused.headers["Retry-After"]))
    assert (await cashier.ask("GET", "/shop")).body["state"] == "open"
    assert (await cashier.place()).status == 201


@pytest.mark.parametrize("state", ["open", "busy"])
async def test_a_shop_that_is_open_or_busy_takes_orders(cashier: ServedCashier, state: str) -> None:
    await cashier.staff("PUT", "/shop", {"state": state})
    assert (await cashier.ask("GET", "/shop")).body["state"] == state
    assert (await cashier.place()).status == 201


async def test_an_order_placed_before_the_shop_closed_is_still_shown(
    cashier: ServedCashier,
) -> None:
    key = new_key()
    placed = await cashier.place(key=key)
    await cashier.staff("PUT", "/shop", {"state": "closed"})
    again = await cashier.place(key=key)
    assert (again.status, again.body["id"]) == (200, placed.body["id"])


@pytest.mark.parametrize(
    ("setting", "pointers"),
    [
        ({}, ["/state"]),
        ({"state": "shut"}, ["/state"]),
        ({"state": "closed", "until": "tomorrow"}, ["/until"]),
        ({"state": "closed", "until": "2026-11-20T12:00:00"}, ["/until"]),
        ({"state": "closed", "until": "9999-12-31T23:59:59-01:00"}, ["/until"]),
        ({"state": "closed", "reason": "a" * 201}, ["/reason"]),
        ({"state": "closed", "why": "lunch"}, ["/why"]),
    ],
    ids=[
        "nothing",
        "unknown state",
        "no time",
        "no zone",
        "a time after all times",
        "too much reason",
        "unknown field",
    ],
)
async def test_an_invalid_setting_is_refused_with_every_error(
    cashier: ServedCashier, setting: dict[str, object], pointers: list[str]
) -> None:
    refused = await cashier.staff("PUT", "/shop", setting)
    assert refused.problem == (422, "/problems/invalid-setting")
    assert refused.pointers == pointers
    assert (await cashier.ask("GET", "/shop")).body["state"] == "open"


async def test_a_sold_out_item_cannot_be_ordered_until_it_is_back(
    cashier: ServedCashier,
) -> None:
    async def said_on_the_menu() -> list[str]:
        menu = (await cashier.ask("GET", "/menu")).body
        return [item["id"] for item in menu["items"] if item["sold_out"]]

    gone = await cashier.staff("PUT", "/menu/items/latte", {"sold_out": True})
    assert (gone.status, gone.body["id"], gone.body["sold_out"]) == (200, "latte", True)
    assert await said_on_the_menu() == ["latte"]
    refused = await cashier.place()
    assert refused.problem == (422, "/problems/not-on-the-menu")
    assert refused.pointers == ["/items/0/item"]
    await cashier.staff("PUT", "/menu/items/latte", {"sold_out": False})
    assert await said_on_the_menu() == []
    assert (await cashier.place()).status == 201


async def test_a_queue_that_is_too_long_takes_no_more_orders(
    ministack: str, tmp_path: Path
) -> None:
    settings = settings_for(ministack, tmp_path, backlog_limit=3)
    async with open_cashier(settings) as cashier:
        key = new_key()
        placed = [await cashier.place(key=f"{key}-{n}") for n in range(3)]
        refused = await cashier.place()
        repeated = await cashier.place(key=f"{key}-0")
    assert [answer.status for answer in placed] == [201] * 3
    assert refused.problem == (503, "/problems/too-busy")
    assert int(refused.headers["Retry-After"]) > 0
    assert repeated.status == 200


async def test_a_client_over_its_rate_has_to_wait_and_staff_do_not(
    ministack: str, tmp_path: Path
) -> None:
    settings = settings_for(ministack, tmp_path, orders_per_minute=3)
    async with open_cashier(settings) as cashier:
        placed = [await cashier.place() for _ in range(3)]
        refused = await cashier.place()
        by_staff = await cashier.staff("POST", "/orders", ORDER)
        read = await cashier.ask("GET", "/menu")
    assert [answer.status for answer in placed] == [201] * 3
    assert refused.problem == (429, "/problems/too-many-requests")
    assert 55 <= int(refused.headers["Retry-After"]) <= 60
    assert (by_staff.status, read.status) == (201, 200)


async def test_clients_behind_a_trusted_proxy_are_counted_separately(
    ministack: str, tmp_path: Path
) -> None:
    settings = settings_for(
        ministack, tmp_path, orders_per_minute=1, trusted_proxies=["127.0.0.0/8"]
    )
    async with open_cashier(settings) as cashier:
        answers = [
            await cashier.ask("POST", "/orders", ORDER, {"X-Forwarded-For": forwarded})
            for forwarded in ("198.51.100.1", "198.51.100.2", "203.0.113.9, 198.51.100.1")
        ]
    assert [answer.status for answer in answers] == [201, 201, 429]


async def test_without_a_rate_nobody_has_to_wait(cashier: ServedCashier) -> None:
    answers = await asyncio.gather(*(cashier.place() for _ in range(130)))
    assert {answer.status for answer in answers} == {201}
    assert len({answer.body["number"] for answer in answers}) == 130
