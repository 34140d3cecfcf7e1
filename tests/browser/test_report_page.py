"""The owner's report of a day: its figures, the day before and back, its file; for managers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, Route, expect

from tests.support.chromium import NEEDS_CHROMIUM, chromium
from tests.support.looking import SCHEMES, looking
from tests.support.shop import ORDER, RunningShop, open_shop
from tests.support.waiting import until

pytestmark = [*NEEDS_CHROMIUM, pytest.mark.asyncio(loop_scope="module")]

HEIGHTS = """texts => texts.map((text) => {
    document.querySelector("#connection").textContent = text;
    return document.querySelector(".bar").offsetHeight;
})"""
REASON = "<img src=x onerror=alert(1)> spilt"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shop(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningShop]:
    folder = tmp_path_factory.mktemp("shop") / "var"
    async with open_shop(folder, COFFEE_BREW_SPEED="0", COFFEE_BARISTAS="1") as shop:
        yield shop


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as browser:
        yield browser


async def hour_of(page: Page, report: Any) -> str:
    """Write the last hour in which somebody ordered, as the page does."""
    last = [hour["begins"] for hour in report["hours"] if hour["orders"]][-1]
    write = """at => new Intl.DateTimeFormat(
        "en", {hour: "numeric", minute: "2-digit", timeZone: "UTC"}).format(new Date(at))"""
    return str(await page.evaluate(write, f"{last[:19]}Z"))


async def test_a_day_is_shown_left_come_back_to_and_saved(
    shop: RunningShop, browser: Browser
) -> None:
    async with httpx.AsyncClient(base_url=shop.url, headers=shop.staff) as owner:
        placed = (await owner.post("/orders", json=ORDER)).json()["id"]

        async def ready() -> bool:
            return bool((await owner.get(f"/orders/{placed}")).json()["state"] == "ready")

        await until(ready, 20)
        at = (await owner.get("/reports/day")).json()
        url = f"{shop.url}/staff/report"
        async with looking(browser, url, staff_key=shop.staff_key, accept_downloads=True) as look:
            page = look.page
            euros = f"{at['revenue']['gross'] / 100:.2f}"
            await expect(page.locator("#revenue .value")).to_contain_text(euros)
            await expect(page.locator("#items .value")).to_have_text("2")
            await expect(page.locator("#sold tbody tr")).to_contain_text(["latte Large"])
            await expect(page.locator("#hours .at")).to_have_text(await hour_of(page, at))
            await expect(page.get_by_label("Day", exact=True)).to_have_value(at["date"])

            await page.get_by_role("button", name="The day before").press("Enter")
            await expect(page.locator("#none")).to_contain_text("No orders on this day")
            assert page.url.startswith(f"{url}?date=")
            assert look.complaints == []
            await page.reload()
            await expect(page.locator("#none")).to_be_visible()
            for scheme in SCHEMES:
                await look.show_in(scheme)
                assert await look.violations() == []
            await page.get_by_role("button", name="Today").click()
            await expect(page.locator("#revenue .value")).to_contain_text(euros)
            assert page.url == url

            async with page.expect_download() as saving:
                await page.get_by_role("button", name="CSV").click()
            saved = await saving.value
            assert saved.suggested_filename == f"orders-{at['date']}.csv"
            text = await asyncio.to_thread(Path(await saved.path()).read_text)
            assert text.startswith("date,about,name")

        async def hostile(route: Route) -> None:
            answer = {**at, "cancels": [{"reason": REASON, "count": 3}]}
            answer["items"] = [{**answer["items"][0], "name": REASON, "size_name": REASON}]
            answer |= {"remakes": 1, "states": {"ready": 2}}
            await route.fulfill(json=answer)

        async with looking(browser, url, staff_key=shop.staff_key) as look:
            await expect(look.page.locator("#sold tbody tr")).to_contain_text(["latte"])
            await look.page.route("**/reports/day*", hostile)
            await look.page.get_by_role("button", name="The day before").click()
            await expect(look.page.locator("#cancels li")).to_contain_text([REASON])
            await expect(look.page.locator("#sold tbody tr")).to_contain_text(
                [f"{REASON} {REASON}"]
            )
            await expect(look.page.locator("#states strong")).to_have_text(["2"])
            await expect(look.page.locator("#states")).to_contain_text("1 of these was made again")
            assert look.complaints == []


async def test_a_barista_is_told_whose_page_it_is(shop: RunningShop, browser: Browser) -> None:
    async with httpx.AsyncClient(base_url=shop.url, headers=shop.staff) as owner:
        body = {"name": "Ada", "role": "barista"}
        key = (await owner.post("/staff-keys", json=body)).json()["key"]
    url = f"{shop.url}/staff/report"
    async with looking(browser, url, staff_key=key, language="de", width=390) as look:
        await expect(look.page.locator("main")).to_contain_text("Du bist angemeldet als Ada")
        heights = await look.page.evaluate(HEIGHTS, ["Live", "Verbinde …", "Nicht aktuell"])
        assert len(set(heights)) == 1, "the page does not jump when the connection is lost"
        assert await look.violations() == []
        assert look.complaints == []
