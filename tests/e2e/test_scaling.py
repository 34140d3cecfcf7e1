"""A step of load at a real shop: baristas come, and go again, and nobody begins an order twice."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sqlite3
from pathlib import Path

import httpx
import pytest

from shop.scaling.asking import ask
from shop.scaling.messages import Status, Wish
from tests.support.shop import RunningShop, open_shop

pytestmark = pytest.mark.timeout(90)

CHOCOLATE = {"item": "hot-chocolate", "size": "large", "modifiers": [], "quantity": 1}
ORDERS = 60


async def place_all(shop: RunningShop) -> None:
    async with httpx.AsyncClient(base_url=shop.url, headers=shop.staff, timeout=20) as client:
        body = {"customer_name": "Ada", "items": [CHOCOLATE]}
        placed = await asyncio.gather(*(client.post("/orders", json=body) for _ in range(ORDERS)))
    assert {answer.status_code for answer in placed} == {201}


async def watched_until(folder: Path, working: int) -> list[Status]:
    """Look at the shop until it has so many baristas, and hold I12 against every look."""
    seen: list[Status] = []
    async with asyncio.timeout(30):
        while not seen or (seen[-1].working, seen[-1].leaving) != (working, 0):
            status = await ask(folder, Wish())
            assert status.working >= 1
            assert status.working + status.leaving <= 3
            seen.append(status)
            await asyncio.sleep(0.1)
    return seen


def states_and_attempts(folder: Path) -> set[tuple[str, int]]:
    with contextlib.closing(sqlite3.connect(folder / "orders.sqlite3")) as connection:
        return {*connection.execute("SELECT state, attempt FROM orders")}


async def all_baristas_are_busy(folder: Path) -> None:
    """Wait until more orders are being prepared than two baristas could."""
    async with asyncio.timeout(20):
        while True:
            with contextlib.closing(sqlite3.connect(folder / "orders.sqlite3")) as connection:
                count = "SELECT count(*) FROM orders WHERE state = 'preparing'"
                if connection.execute(count).fetchone()[0] > 2 * 4:
                    return
            await asyncio.sleep(0.05)


async def test_baristas_rise_to_the_maximum_and_fall_to_the_minimum(tmp_path: Path) -> None:
    folder = tmp_path / "var"
    async with open_shop(
        folder,
        COFFEE_BARISTAS="1..3",
        COFFEE_BREW_SPEED="50",
        COFFEE_ACCEPTABLE_WAIT="2",
        COFFEE_SCALING_TICK="0.2",
        COFFEE_GRACE_SECONDS="0",
        COFFEE_LOG_LEVEL="INFO",
    ) as shop:
        assert (await ask(folder, Wish())).working == 1
        await place_all(shop)
        rising = await watched_until(folder, 3)
        falling = await watched_until(folder, 1)
        assert len(shop.children("worker")) == 1
        left = states_and_attempts(folder)

    assert rising[-1].last_change is not None
    assert "is work for" in rising[-1].last_change.why
    assert {status.working for status in falling} == {3, 2, 1}
    assert left == {("ready", 1)}


async def test_baristas_are_sent_away_and_called_back_under_load_and_finish_what_they_have_begun(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "var"
    async with open_shop(
        folder,
        COFFEE_BARISTAS="3",
        COFFEE_BREW_SPEED="25",
        COFFEE_SCALING_TICK="0.2",
        COFFEE_GRACE_SECONDS="0",
    ) as shop:
        await place_all(shop)
        await all_baristas_are_busy(folder)
        sent_away = await ask(folder, Wish(least=1, most=1))
        assert (sent_away.working, sent_away.leaving) == (1, 2)
        await watched_until(folder, 1)
        await ask(folder, Wish(least=3, most=3))
        await watched_until(folder, 3)
        async with asyncio.timeout(30):
            while states_and_attempts(folder) != {("ready", 1)}:  # noqa: ASYNC110 - as eventually
                await asyncio.sleep(0.1)


async def test_the_command_shows_and_sets_it(tmp_path: Path) -> None:
    async with open_shop(tmp_path / "var", COFFEE_BARISTAS="1..2") as shop:
        code, shown = await shop.command("scale")
        assert code == 0
        assert "1 at work, 0 leaving" in shown
        assert "1, of 1 to 2" in shown

        code, told = await shop.command("scale", "--max", "3", "--min", "3", "--json")
        assert code == 0
        assert json.loads(told)["working"] == 3
        assert len(shop.children("worker")) == 3

        code, _ = await shop.command("scale", "--desired", "1")
        assert code == 1
