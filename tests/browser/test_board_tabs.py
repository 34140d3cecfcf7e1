"""Many tabs of the board in one browser, which opens six connections to a host at most."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from playwright.async_api import BrowserContext, Page, expect

from shared.domain.visible_text import visible
from tests.support.chromium import NEEDS_CHROMIUM, browsing, chromium
from tests.support.shop import ORDER, RunningShop, open_shop
from tests.support.waiting import until

pytestmark = NEEDS_CHROMIUM

TABS = 8

NO_SHARED_WORKERS = "delete self.SharedWorker"
"""As in Chrome on Android."""


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[RunningShop]:
    async with open_shop(tmp_path / "var", COFFEE_BARISTAS="1", COFFEE_BREW_SPEED="0") as shop:
        yield shop


async def live_tab(context: BrowserContext, url: str) -> Page:
    page = await context.new_page()
    await page.goto(f"{url}/board")
    await expect(page.locator("#connection")).to_have_text("Live", timeout=20_000)
    return page


async def streams(shop: RunningShop) -> int:
    async with httpx.AsyncClient() as client:
        metrics = (await client.get(f"{shop.url}/metrics")).text
    found = re.search(r"^coffeeshop_live_streams (\d+)", metrics, re.MULTILINE)
    assert found
    return int(found[1])


async def order_is_shown(shop: RunningShop, pages: list[Page]) -> None:
    async with httpx.AsyncClient(base_url=shop.url) as client:
        number = (await client.post("/orders", json=ORDER)).json()["number"]
    for page in pages:
        await expect(page.locator("#ready")).to_contain_text(number, timeout=20_000)


async def test_all_tabs_of_a_browser_are_live_by_one_stream_and_none_blocks_a_request(
    shop: RunningShop,
) -> None:
    async with chromium() as browser:
        context = await browser.new_context()
        tabs = [await live_tab(context, shop.url) for _ in range(TABS)]
        assert await streams(shop) == 1
        await order_is_shown(shop, tabs)
        for tab in tabs:
            async with asyncio.timeout(10):
                assert await tab.evaluate("fetch('/shop').then((answer) => answer.status)") == 200

        await tabs.pop(0).close()
        await order_is_shown(shop, tabs)
        assert await streams(shop) == 1


async def test_a_browser_without_shared_workers_follows_too(shop: RunningShop) -> None:
    async with chromium() as browser:
        context = await browser.new_context()
        await context.add_init_script(NO_SHARED_WORKERS)
        tab = await live_tab(context, shop.url)
        await order_is_shown(shop, [tab])

        await tab.evaluate(
            "Object.defineProperty(document, 'hidden', {value: true});"
            "document.dispatchEvent(new Event('visibilitychange', {bubbles: true}))"
        )

        async def is_closed() -> bool:
            return await streams(shop) == 0

        await until(is_closed, 10)


async def test_pages_show_hostile_text_as_the_terminal_does(shop: RunningShop) -> None:
    texts = [chr(code) for code in (*range(0x3000), *range(0xD800, 0x10000))]
    texts += [chr(code) for code in (*range(0xE0000, 0xE0200), 0x1F600, 0xE01F0, 0xE0FFF, 0xE1000)]
    texts += ["a\u200db", "\U0001f469\u200d\U0001f680", "\u0645\u06cc\u200c\u062e", "\u200d"]
    async with browsing(shop.url) as (page, _):
        await page.goto(shop.url)
        shown = await page.evaluate(
            "async (codes) => { const { visible } = await import('/assets/0/visible.js');"
            " return codes.map((each) => visible(String.fromCodePoint(...each))); }",
            [[ord(character) for character in text] for text in texts],
        )
    assert {text: one for text, one in zip(texts, shown, strict=True) if one != visible(text)} == {}
