"""The board of the room: big, never cut, plain about what is new and what is out of date."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import AsyncIterator
from http import HTTPStatus

import httpx
import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from tests.support.chromium import NEEDS_CHROMIUM, chromium
from tests.support.looking import looking
from tests.support.shop import ORDER, RunningShop, open_shop, reaches

pytestmark = [*NEEDS_CHROMIUM, pytest.mark.asyncio(loop_scope="module")]

ORDERS = 45
CUT = """() => [...document.querySelectorAll('#board li')].filter((item) => {
  const inner = item.getBoundingClientRect(), outer = item.parentElement.getBoundingClientRect();
  return inner.bottom > outer.bottom + 1 || item.scrollWidth > item.clientWidth
    || inner.right > outer.right + 1;
}).length"""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shop(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningShop]:
    folder = tmp_path_factory.mktemp("shop") / "var"
    async with open_shop(folder, COFFEE_BREW_SPEED="0", COFFEE_BARISTAS="1") as shop:
        async with httpx.AsyncClient(base_url=shop.url) as client:
            placed = {}
            for _ in range(ORDERS):
                placed = (await client.post("/orders", json=ORDER)).json()
            await reaches(client, placed["id"], "ready")
        yield shop


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as browser:
        yield browser


async def numbers(page: Page) -> list[str]:
    return await page.locator("#ready li").all_inner_texts()


async def test_numbers_are_huge_and_none_is_cut_on_any_screen_and_pages_take_turns(
    shop: RunningShop, browser: Browser
) -> None:
    async with looking(browser, f"{shop.url}/board") as look:
        await expect(look.page.locator("#ready li").first).to_be_visible()
        for width, height in ((390, 844), (844, 390), (1024, 768), (3840, 2160), (1920, 1080)):
            await look.page.set_viewport_size({"width": width, "height": height})
            await look.page.wait_for_timeout(300)
            assert await look.page.evaluate(CUT) == 0, (width, height)
        size = "parseFloat(getComputedStyle(document.querySelector('#ready li')).fontSize)"
        assert await look.page.evaluate(size) >= 96

        first = await numbers(look.page)
        await expect(look.page.locator("#ready li").first).not_to_have_text(first[0], timeout=9000)
        assert not {*first} & {*await numbers(look.page)}


async def test_a_new_ready_order_is_announced_and_stands_first(
    shop: RunningShop, browser: Browser
) -> None:
    async with (
        looking(browser, f"{shop.url}/board", language="de", reduced_motion="reduce") as look,
        httpx.AsyncClient(base_url=shop.url) as client,
    ):
        await expect(look.page.locator("#connection")).to_have_text("Live")
        assert await look.page.locator(".new").count() == 0
        number = (await client.post("/orders", json=ORDER)).json()["number"]
        await expect(look.page.locator("#ready li.new")).to_have_text(number, timeout=15_000)
        assert (await numbers(look.page))[0] == number
        told = look.page.locator("#announcement")
        await expect(told).to_have_text(f"Bestellung {number} ist fertig")
        assert look.complaints == []


async def test_a_number_that_waits_is_called_again_on_the_board_and_on_its_customers_page(
    shop: RunningShop, browser: Browser
) -> None:
    async with httpx.AsyncClient(base_url=shop.url, headers=shop.staff) as staff:
        ready = (await staff.get("/orders?state=ready&limit=100")).json()["orders"][-1]
        async with (
            looking(browser, f"{shop.url}/board") as board,
            looking(browser, f"{shop.url}/o/{ready['id']}") as customer,
        ):
            for look in (board, customer):
                await expect(look.page.locator("#connection")).to_have_text("Live")
            age = dt.datetime.now(dt.UTC) - dt.datetime.fromisoformat(ready["ready_at"])
            await asyncio.sleep(max(0, 12.5 - age.total_seconds()))
            (await staff.post(f"/orders/{ready['id']}/call")).raise_for_status()
            await expect(board.page.locator("#announcement")).to_have_text(
                f"Once more: order {ready['number']} is ready"
            )
            await expect(board.page.locator("#ready li.new")).to_have_text(ready["number"])
            await expect(customer.page.locator("#toasts")).to_contain_text("We are calling you")


async def test_a_board_that_hears_nothing_says_so_and_catches_up(
    shop: RunningShop, browser: Browser
) -> None:
    async with (
        looking(browser, f"{shop.url}/board") as look,
        httpx.AsyncClient(base_url=shop.url, headers=shop.staff) as client,
    ):
        await expect(look.page.locator("#connection")).to_have_text("Live")
        (counter,) = shop.children("shop.processes.counter")
        counter.suspend()
        try:
            await expect(look.page.locator("#stale")).to_be_visible(timeout=9000)
            await expect(look.page.locator("#stale")).to_contain_text("out of date")
        finally:
            counter.resume()
        number = (await client.post("/orders", json=ORDER)).json()["number"]
        await expect(look.page.locator("#stale")).to_be_hidden(timeout=15_000)
        await expect(look.page.locator("#ready")).to_contain_text(number, timeout=15_000)


async def test_the_room_sees_why_the_shop_takes_no_orders(
    shop: RunningShop, browser: Browser
) -> None:
    async with httpx.AsyncClient(base_url=shop.url, headers=shop.staff) as client:
        paused = {"state": "paused", "reason": "<b>Back in ten minutes</b>"}
        assert (await client.put("/shop", json=paused)).status_code == HTTPStatus.OK
        async with looking(browser, f"{shop.url}/board") as look:
            await expect(look.page.locator("#shop")).to_contain_text(paused["reason"])
        await client.put("/shop", json={"state": "open"})
