"""The state folder of an open shop is removed, renamed or damaged: no confirmed order is lost."""

from __future__ import annotations

import os
import shutil
import sqlite3
from contextlib import AbstractAsyncContextManager, closing
from pathlib import Path

import httpx
import pytest

from tests.support.shop import ORDER, RunningShop, open_shop, reaches
from tests.support.waiting import eventually

pytestmark = pytest.mark.timeout(120)


async def status(shop: RunningShop, path: str) -> int:
    async with httpx.AsyncClient(base_url=shop.url) as client:
        return (await client.get(path)).status_code


async def place(shop: RunningShop) -> httpx.Response:
    async with httpx.AsyncClient(base_url=shop.url) as client:
        return await client.post("/orders", json=ORDER)


def readiness(shop: RunningShop) -> int:
    return httpx.get(f"{shop.url}/readyz").status_code


def impatient_shop(folder: Path) -> AbstractAsyncContextManager[RunningShop]:
    """Open a shop in which the ticket that a killed barista had is there again soon."""
    return open_shop(
        folder, COFFEE_BREW_SPEED="0", COFFEE_VISIBILITY_TIMEOUT="4", COFFEE_POLL_SECONDS="1"
    )


def is_open(shop: RunningShop) -> bool:
    try:
        return readiness(shop) == httpx.codes.OK
    except httpx.TransportError:
        return False


async def test_a_shop_without_its_state_folder_takes_no_order(tmp_path: Path) -> None:
    folder = tmp_path / "var"
    async with open_shop(folder) as shop:
        assert (await place(shop)).status_code == httpx.codes.CREATED
        shutil.rmtree(folder)

        refused = await place(shop)

        assert refused.status_code == httpx.codes.SERVICE_UNAVAILABLE
        assert refused.headers["Retry-After"]
        await eventually(lambda: readiness(shop) == httpx.codes.SERVICE_UNAVAILABLE)
        assert await status(shop, "/healthz") == httpx.codes.OK
    assert "store.files_replaced" in shop.log.read_text()


async def test_a_shop_goes_on_when_its_state_folder_is_back(tmp_path: Path) -> None:
    folder = tmp_path / "var"
    async with open_shop(folder) as shop:
        kept = (await place(shop)).json()["id"]
        folder.rename(tmp_path / "away")
        assert (await place(shop)).status_code == httpx.codes.SERVICE_UNAVAILABLE

        (tmp_path / "away").rename(folder)
        await eventually(lambda: readiness(shop) == httpx.codes.OK)

        assert (await place(shop)).status_code == httpx.codes.CREATED
        assert await status(shop, f"/orders/{kept}") == httpx.codes.OK


async def test_a_barista_that_ends_while_the_folder_is_away_rejects_no_ticket(
    tmp_path: Path,
) -> None:
    """With an empty store it would reject the ticket that waits."""
    folder = tmp_path / "var"
    async with impatient_shop(folder) as shop:
        (barista,) = shop.children("worker")
        barista.suspend()
        order = (await place(shop)).json()["id"]
        folder.rename(tmp_path / "away")
        barista.kill()
        await eventually(lambda: "child.waits" in shop.log.read_text())
        assert not folder.exists()

        (tmp_path / "away").rename(folder)
        async with httpx.AsyncClient(base_url=shop.url) as client:
            await reaches(client, order, "ready")
    assert "reject" not in shop.log.read_text()


async def test_all_children_that_end_while_the_folder_is_away_wait_for_it(tmp_path: Path) -> None:
    folder = tmp_path / "var"
    async with impatient_shop(folder) as shop:
        modules = ("worker", "shop.processes.counter", "shop.processes.emulator")
        children = [child for module in modules for child in shop.children(module)]
        folder.rename(tmp_path / "away")
        for child in children:
            child.kill()
        await eventually(lambda: shop.log.read_text().count("child.waits") >= len(children))
        assert not folder.exists()

        (tmp_path / "away").rename(folder)
        async with httpx.AsyncClient(base_url=shop.url) as client:
            await eventually(lambda: is_open(shop))
            await reaches(client, (await place(shop)).json()["id"], "ready")


async def test_a_shop_that_closes_while_its_folder_is_away_makes_no_other(tmp_path: Path) -> None:
    folder = tmp_path / "var"
    async with open_shop(folder, COFFEE_GRACE_SECONDS="1") as shop:
        order = (await place(shop)).json()["id"]
        folder.rename(tmp_path / "away")
        (emulator,) = shop.children("shop.processes.emulator")
        emulator.kill()  # now nobody answers the others
        await eventually(lambda: "child.waits" in shop.log.read_text())
        assert await shop.close() == 0
    assert not folder.exists()

    (tmp_path / "away").rename(folder)
    async with open_shop(folder) as again:
        assert await status(again, f"/orders/{order}") == httpx.codes.OK


async def test_damage_that_no_order_meets_shows_in_readiness(tmp_path: Path) -> None:
    folder = tmp_path / "var"
    async with open_shop(folder) as shop:
        assert (await place(shop)).status_code == httpx.codes.CREATED
    path = folder / "orders.sqlite3"
    with closing(sqlite3.connect(path)) as connection:
        query = "SELECT rootpage FROM sqlite_master WHERE name = 'issues_by_time'"
        page = connection.execute(query).fetchone()[0]
    with path.open("r+b") as file:
        file.seek((page - 1) * 4096)
        file.write(os.urandom(4096))

    async with open_shop(folder, until="Opening the counter") as shop:
        await eventually(lambda: "store.corrupt" in shop.log.read_text())
        await eventually(lambda: readiness(shop) == httpx.codes.SERVICE_UNAVAILABLE)


async def test_a_first_start_makes_the_state_whatever_a_parent_said_of_it(tmp_path: Path) -> None:
    async with open_shop(tmp_path / "var", COFFEE_STATE_IS_MADE="on") as shop:
        assert (await place(shop)).status_code == httpx.codes.CREATED
