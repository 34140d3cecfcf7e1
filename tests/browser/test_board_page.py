"""The page at `/` and the documentation page, in a real browser under their real policies."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from playwright.async_api import ConsoleMessage, Page, Request, async_playwright, expect

from tests.support.shop import ORDER, RunningShop, open_shop

CHROMIUM = shutil.which("chromium")

pytestmark = [
    pytest.mark.timeout(120),
    pytest.mark.skipif(
        CHROMIUM is None and "COFFEE_TESTS_SKIP_NOTHING" not in os.environ,
        reason="chromium is not installed",
    ),
]


@contextlib.asynccontextmanager
async def browsing(url: str) -> AsyncIterator[tuple[Page, list[str]]]:
    """Give a page, and a list that collects its errors and warnings."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        page = await browser.new_page()
        complaints: list[str] = []

        def console(message: ConsoleMessage) -> None:
            if message.type in {"error", "warning"}:
                complaints.append(message.text)

        def asked_for(request: Request) -> None:
            if not request.url.startswith((f"{url}/", "data:")):
                complaints.append(f"another host was asked for {request.url}")

        page.on("console", console)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", asked_for)
        try:
            yield page, complaints
        finally:
            await browser.close()


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
        await page.goto(shop.url)
        await expect(page.locator("#connection")).to_have_text("Live.")
        await expect(page.locator("#shop")).to_contain_text("The shop is open. 1 barista")

        order = (await client.post("/orders", json=ORDER)).json()
        await expect(page.locator("#preparing li")).to_have_text(order["number"])
        await expect(page.locator("#ready li")).to_have_text(order["number"], timeout=10_000)
        await expect(page.locator("#preparing li")).to_have_text("none")

        await client.post(f"/orders/{order['id']}/collect", headers=shop.staff)
        await expect(page.locator("#ready li")).to_have_text("none")

        await page.get_by_role("link", name="All routes").click()
        await expect(page.locator(".opblock-summary-path").first).to_be_visible(timeout=10_000)
        paths = await page.locator(".opblock-summary-path").all_inner_texts()
        assert any(re.search(r"/orders$", path.replace("\u200b", "")) for path in paths)
        assert complaints == []
