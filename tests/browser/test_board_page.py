"""The page `/board` and the documentation page, in a real browser under their real policies."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from playwright.async_api import Route, expect

from tests.support.chromium import NEEDS_CHROMIUM, browsing
from tests.support.shop import ORDER, RunningShop, open_shop
from tests.support.waiting import until

pytestmark = NEEDS_CHROMIUM


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[RunningShop]:
    async with open_shop(tmp_path / "var", COFFEE_BREW_SPEED="30") as shop:
        yield shop


async def test_the_page_shows_numbers_as_they_change_and_the_docs_need_no_other_host(
    shop: RunningShop,
) -> None:
    async with (
        browsing(shop.url) as (page, complaints),
        httpx.AsyncClient(base_url=shop.url) as client,
    ):
        await page.goto(f"{shop.url}/board")
        await expect(page.locator("#connection")).to_have_text("Live")

        order = (await client.post("/orders", json=ORDER)).json()
        await expect(page.locator("#preparing li")).to_have_text(order["number"])
        await expect(page.locator("#ready li")).to_have_text(order["number"], timeout=10_000)
        await expect(page.locator("#preparing li")).to_have_count(0)

        await client.post(f"/orders/{order['id']}/collect", headers=shop.staff)
        await expect(page.locator("#ready li")).to_have_count(0)

        await page.goto(f"{shop.url}/docs")
        await expect(page.locator(".opblock-summary-path").first).to_be_visible(timeout=10_000)
        paths = await page.locator(".opblock-summary-path").all_inner_texts()
        assert any(re.search(r"/orders$", path.replace("\u200b", "")) for path in paths)
        assert complaints == []


async def test_an_order_that_a_read_of_a_moment_ago_had_not_yet_is_shown_soon(
    shop: RunningShop,
) -> None:
    """The read may be older than the page's stream, which then has not told of the order."""
    async with (
        browsing(shop.url) as (page, _),
        httpx.AsyncClient(base_url=shop.url) as client,
    ):
        a_moment_ago = [(await client.get("/board/orders")).text]
        order = (await client.post("/orders", json=ORDER)).json()

        async def is_ready() -> bool:
            return '"ready"' in (await client.get(f"/orders/{order['id']}")).text

        await until(is_ready, 20)

        async def answer(route: Route) -> None:
            if a_moment_ago:
                await route.fulfill(body=a_moment_ago.pop(), content_type="application/json")
            else:
                await route.continue_()

        await page.route("**/board/orders", answer)
        await page.goto(f"{shop.url}/board")
        await expect(page.locator("#ready li")).to_have_text(order["number"], timeout=20_000)
