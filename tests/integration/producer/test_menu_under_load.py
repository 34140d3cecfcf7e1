"""The menu changes while orders come in, at three cashier processes that share one store."""

from __future__ import annotations

import asyncio
import itertools
import re
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.support.cashier import provisioned_shop, settings_for
from tests.support.cashier_process import process_of
from tests.support.web import AS_STAFF

ROUNDS = 10
"""Two editors change the menu once in each."""
ORDERS_PER_SECOND = 20
STALE_SECONDS = 1.5
"""A second, and what reading the menu takes on a busy machine."""

ORDER = {
    "customer_name": "Ada",
    "items": [
        {"item": "latte", "size": "large", "quantity": 2},
        {"item": "croissant", "size": "regular", "quantity": 1},
    ],
}
LATTE, CROISSANT = ("latte", "large"), ("croissant", "regular")


def changed(menu: dict[str, Any], what: tuple[str, str], price: int) -> dict[str, Any]:
    item, size = what
    entry = menu["items"][item]
    return menu | {
        "items": menu["items"] | {item: entry | {"sizes": entry["sizes"] | {size: price}}}
    }


@dataclass
class Editors:
    """Two people who change the menu at once, each at a cashier of their own."""

    http: aiohttp.ClientSession
    cashiers: list[str]
    prices: dict[int, tuple[int, int]] = field(default_factory=dict)
    """What a latte and a croissant cost, by version."""
    since: dict[int, float] = field(default_factory=dict)
    """When a version was answered."""
    refused: int = 0

    async def read(self, cashier: str) -> tuple[dict[str, Any], str]:
        async with self.http.get(f"{cashier}/menu/document", headers=AS_STAFF) as response:
            menu = await response.json()
            self.know(response, menu)
            return menu, response.headers["ETag"]

    async def put(self, cashier: str, menu: dict[str, Any], tag: str) -> int:
        headers = AS_STAFF | {"If-Match": tag}
        async with self.http.put(
            f"{cashier}/menu/document", json=menu, headers=headers
        ) as response:
            if response.status == 200:
                self.know(response, await response.json())
            return response.status

    def know(self, response: aiohttp.ClientResponse, menu: dict[str, Any]) -> None:
        version = int(response.headers["ETag"].strip('"'))
        latte, croissant = (menu["items"][item]["sizes"][size] for item, size in (LATTE, CROISSANT))
        assert self.prices.setdefault(version, (latte, croissant)) == (latte, croissant)
        self.since.setdefault(version, time.monotonic())

    async def change_at_once(self, price: int) -> None:
        """Both change what both have read; who is refused makes the change again."""
        menu, tag = await self.read(self.cashiers[0])
        work = [*zip(self.cashiers, (LATTE, CROISSANT), strict=True)]
        statuses = await asyncio.gather(
            *(self.put(cashier, changed(menu, what, price), tag) for cashier, what in work)
        )
        assert sorted(statuses) == [200, 412]
        self.refused += 1
        cashier, what = work[statuses.index(412)]
        menu, tag = await self.read(cashier)
        assert await self.put(cashier, changed(menu, what, price), tag) == 200


async def placed_orders(
    http: aiohttp.ClientSession, cashiers: list[str], over: asyncio.Event
) -> AsyncIterator[tuple[float, asyncio.Task[dict[str, Any]]]]:
    async def place(cashier: str) -> dict[str, Any]:
        async with http.post(f"{cashier}/orders", json=ORDER) as response:
            assert response.status == 201
            return dict(await response.json())

    for cashier in itertools.cycle(cashiers):
        if over.is_set():
            return
        yield time.monotonic(), asyncio.create_task(place(cashier))
        await asyncio.sleep(1 / ORDERS_PER_SECOND)


@pytest.mark.timeout(90)
async def test_every_order_has_the_prices_of_the_version_that_it_names(
    ministack: str, tmp_path: Path
) -> None:
    settings = settings_for(ministack, tmp_path)
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(provisioned_shop(settings))
        cashiers = [await started(stack, settings) for _ in range(3)]
        http = await stack.enter_async_context(aiohttp.ClientSession())
        editors, over = Editors(http, cashiers[:2]), asyncio.Event()

        async def edit() -> None:
            for number in range(ROUNDS):
                await editors.change_at_once(500 + number)
                await asyncio.sleep(0.4)  # the load goes on: no signal says that it is enough
            over.set()

        editing = asyncio.create_task(edit())
        begun = [each async for each in placed_orders(http, cashiers, over)]
        await editing
        orders = [(at, await task) for at, task in begun]

        assert sorted(editors.prices) == list(range(1, 2 * ROUNDS + 2))
        assert editors.refused == ROUNDS
        assert editors.prices[2 * ROUNDS + 1] == (509, 509)
        for at, order in orders:
            latte, croissant = editors.prices[order["menu_version"]]
            assert [line["unit_price"] for line in order["items"]] == [latte, croissant]
            assert order["total"] == 2 * latte + croissant
            superseded = editors.since.get(order["menu_version"] + 1, at)
            assert at - superseded < STALE_SECONDS
        assert len(orders) > ROUNDS * 5
        assert len({order["menu_version"] for _, order in orders}) > ROUNDS / 2


async def started(stack: AsyncExitStack, settings: Any) -> str:
    """Start a cashier process, and return its address."""
    process = await stack.enter_async_context(process_of(settings, COFFEE_ORDERS_PER_MINUTE="0"))
    assert process.stderr is not None
    async with asyncio.timeout(20):
        async for line in process.stderr:
            if found := re.search(r"http://127\.0\.0\.1:\d+", line.decode()):
                reading = asyncio.create_task(process.stderr.read())
                stack.callback(reading.cancel)
                return found[0]
    raise AssertionError("the cashier ended")
