"""Two customers, the board and two kitchen displays at once: from placing to collected."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Locator, Page, expect
from playwright.async_api import TimeoutError as NotInTime

from tests.support.chromium import NEEDS_CHROMIUM, chromium
from tests.support.looking import looking
from tests.support.shop import RunningShop, open_shop

pytestmark = [*NEEDS_CHROMIUM, pytest.mark.asyncio(loop_scope="module")]

HOSTILE = "<script>alert(1)</script> \u202e\u05e9\u05dc\u05d5\u05dd \U0001f469\u200d\U0001f373 & Co"
WIDE = "\u4f60" * 80
"""The longest name that is taken, in characters that are twice as wide as others."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shop(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningShop]:
    folder = tmp_path_factory.mktemp("shop") / "var"
    async with open_shop(folder, COFFEE_BARISTAS="1", COFFEE_BARISTA_HAND="people") as shop:
        yield shop


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as browser:
        yield browser


@dataclass
class Kitchen:
    """A kitchen display."""

    page: Page

    def card(self, number: str) -> Locator:
        return self.page.locator(".order", has=self.page.locator("h3", has_text=number))

    async def done(self, number: str) -> None:
        """Tap until it counts: a second tap at once on another card is taken for a double tap."""
        button = self.card(number).get_by_role("button", name="Done")
        while await self.card(number).count():
            with contextlib.suppress(NotInTime):
                await button.click(timeout=1000)


async def order(page: Page, url: str, name: str) -> str:
    """Order a latte by two quick taps on the button; give the order's number."""
    await page.goto(url)
    await page.locator("#item-latte").click()
    await page.locator("#sheet .primary").click()
    await page.locator("#cart-bar").click()
    await page.locator("#name").fill(name)
    await page.locator("#place").dblclick()
    await page.wait_for_url("**/o/*")
    return await page.locator(".number").inner_text()


async def made_again(kitchens: list[Kitchen], bo: Page, board: Page, number: str) -> None:
    """Make a ready order again, and see that everybody goes on with the new number."""
    first = bo.url
    await kitchens[1].page.locator("#recall").click()
    row = kitchens[1].page.locator("dialog li", has_text=number)
    await expect(board.locator("#ready")).to_contain_text(number)
    await row.get_by_role("button", name="Make again").click()
    await expect(bo.locator(".again")).to_contain_text(f"Wir machen {number} noch einmal")
    new = await bo.locator(".number").inner_text()
    assert new != number
    await expect(bo.locator("#call")).to_be_checked()
    assert bo.url != first
    await expect(kitchens[1].page.locator("#toasts")).to_contain_text(
        f"{new} is being made again for {number}"
    )
    await expect(board.locator("#ready")).not_to_contain_text(number)
    await kitchens[1].page.keyboard.press("Escape")
    for kitchen in kitchens:
        await expect(kitchen.card(new)).to_contain_text(f"again for {number}")
    await kitchens[0].page.keyboard.press("Escape")
    await kitchens[0].done(new)
    await expect(bo.locator("#state")).to_have_text("Fertig", timeout=40_000)
    await bo.locator(".again a").click()
    await expect(bo.locator(".number")).to_have_text(number)
    await bo.get_by_role("link", name="Zur neuen Bestellung").click()
    await expect(bo.locator(".number")).to_have_text(new)
    await bo.goto(first)
    await expect(bo.locator(".number")).to_have_text(new)


async def test_a_rush_seen_by_everybody(shop: RunningShop, browser: Browser) -> None:
    async with contextlib.AsyncExitStack() as stack:

        async def opened(path: str, *, staff: bool = False, **options: object) -> Page:
            key = shop.staff_key if staff else None
            url = f"{shop.url}{path}"
            look = await stack.enter_async_context(
                looking(browser, url, staff_key=key, **options)  # type: ignore[arg-type]
            )
            return look.page

        ada = await opened("/", width=390, has_touch=True)
        bo = await opened("/", width=390, has_touch=True, language="de")
        board = await opened("/board", width=1920)
        kitchens = [Kitchen(await opened("/staff", staff=True, width=1280)) for _ in range(2)]

        first, second = await order(ada, shop.url, HOSTILE), await order(bo, shop.url, WIDE)
        for kitchen in kitchens:
            await expect(kitchen.card(first)).to_contain_text("<script>alert(1)</script>")
            await expect(kitchen.card(second)).to_contain_text(WIDE)
            assert await kitchen.page.locator(".order").count() == 2, "a double tap is one order"
        await expect(board.locator("#preparing")).to_contain_text(first)
        await expect(board.locator("#preparing")).to_contain_text(second)
        await expect(bo.locator("#state")).to_have_text("In Arbeit")

        other_tab = await ada.context.new_page()
        await other_tab.goto(ada.url)
        left = bo.url
        await bo.locator("label", has=bo.locator("#call")).click()
        await bo.goto("about:blank")

        await asyncio.gather(*(kitchen.done(first) for kitchen in kitchens))
        await kitchens[1].done(second)
        await kitchens[1].page.keyboard.press("u")
        await expect(kitchens[1].card(second)).to_be_visible()
        await kitchens[1].done(second)

        await expect(ada.locator("#state")).to_have_text("Ready", timeout=40_000)
        await expect(other_tab.locator("#state")).to_have_text("Ready")
        await expect(board.locator("#ready")).to_contain_text(first)
        await expect(board.locator("#ready")).to_contain_text(second, timeout=40_000)
        for kitchen in kitchens:
            await expect(kitchen.page.locator(".order")).to_have_count(0)

        await bo.goto(left)
        await expect(bo.locator("#state")).to_have_text("Fertig", timeout=15_000)

        await kitchens[0].page.locator("#recall").click()
        await kitchens[0].page.locator("#collect-number").fill(first.lstrip("0"))
        await kitchens[0].page.keyboard.press("Enter")
        await expect(ada.locator("#state")).to_have_text("Collected", timeout=40_000)
        await expect(board.locator("#ready")).not_to_contain_text(first)

        await made_again(kitchens, bo, board, second)

        for page in (ada, bo, board, *(kitchen.page for kitchen in kitchens)):
            assert await page.evaluate("document.querySelectorAll('main script').length") == 0
            width = await page.evaluate("document.documentElement.scrollWidth - innerWidth")
            assert width <= 0, page.url
