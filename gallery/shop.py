"""A shop to look at: open, on a made-up day, with people at the bar."""

from __future__ import annotations

import asyncio
import contextlib
import os
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx

from tests.support.shop import COFFEESHOP, RunningShop, open_shop

_ORDERS = 240
_STATES = ("placed", "preparing", "ready", "collected", "canceled")


@dataclass(frozen=True, slots=True)
class SeededShop:
    """A running shop, and an order in each of the states that its orders are in."""

    shop: RunningShop
    orders: Mapping[str, str]


@contextlib.asynccontextmanager
async def seeded_shop() -> AsyncIterator[SeededShop]:
    """Open a shop in a folder of its own, on a day that is always the same but for its hour."""
    with tempfile.TemporaryDirectory() as folder:
        state_dir = Path(folder) / "var"
        await _seed(state_dir)
        async with (
            open_shop(state_dir, COFFEE_BARISTA_HAND="people", COFFEE_BARISTAS="1") as shop,
            httpx.AsyncClient(base_url=shop.url, headers=shop.staff) as staff,
        ):
            await _furnish(staff)
            yield SeededShop(shop, await _one_of_each(staff))


async def _seed(state_dir: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        *(COFFEESHOP, "demo", "--orders", str(_ORDERS)),
        env={**os.environ, "COFFEE_STATE_DIR": str(state_dir)},
        stdout=asyncio.subprocess.DEVNULL,
    )
    if await process.wait():
        raise RuntimeError("The day could not be made up.")


async def _furnish(staff: httpx.AsyncClient) -> None:
    """Give it a name, people with keys, and somebody who reads what it announces."""
    settings = {"name": "Café Lindgren", "address": "7 Harbour Street"}
    asked: Sequence[httpx.Response] = (
        await staff.put("/shop/settings", json=settings),
        await staff.post("/staff-keys", json={"name": "Ada", "role": "manager"}),
        await staff.post("/staff-keys", json={"name": "Linus, tablet", "role": "barista"}),
    )
    for answer in asked:
        answer.raise_for_status()


async def _one_of_each(staff: httpx.AsyncClient) -> Mapping[str, str]:
    """Find the last order in each state, once the worker has taken what it can."""
    found = dict[str, str]()
    async with asyncio.timeout(30):
        while "preparing" not in found:
            listed = (await staff.get("/orders", params={"limit": 100})).json()["orders"]
            found = {order["state"]: order["id"] for order in reversed(listed)}
            await asyncio.sleep(0.2)
    return {state: found[state] for state in _STATES if state in found}
