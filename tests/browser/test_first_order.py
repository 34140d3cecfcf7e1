"""A newcomer opens the shop, reads the address that it prints, and has a coffee."""

from __future__ import annotations

import time
from pathlib import Path

from playwright.async_api import expect

from tests.support.chromium import NEEDS_CHROMIUM, chromium
from tests.support.looking import looking
from tests.support.shop import open_shop

pytestmark = NEEDS_CHROMIUM

SECONDS = 60


async def test_a_newcomer_has_a_coffee_within_a_minute_of_opening_the_shop(tmp_path: Path) -> None:
    began = time.monotonic()
    async with (
        open_shop(tmp_path / "var") as shop,
        chromium() as browser,
        looking(browser, shop.url, width=390, has_touch=True) as look,
    ):
        page = look.page
        await page.get_by_role("button", name="Caffè latte").tap()
        await page.get_by_role("button", name="Add").tap()
        await page.locator("#cart-bar").tap()
        await page.keyboard.type("Ada")
        await page.get_by_role("button", name="Place order").tap()
        left = SECONDS - (time.monotonic() - began)
        await expect(page.locator("#state")).to_have_text("Ready", timeout=left * 1000)
        assert look.complaints == []
        link = (await shop.command("keys", "link", "--url", shop.url))[1].strip()
        await page.goto(link)
        await page.wait_for_url(f"{shop.url}/staff")
        assert shop.staff_key not in page.url
