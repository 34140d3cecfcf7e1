"""The owner's page of the shop: what was typed survives another's change, and nobody's is lost."""

from __future__ import annotations

from http import HTTPStatus
from pathlib import Path

import httpx
from playwright.async_api import expect

from tests.support.chromium import NEEDS_CHROMIUM, chromium
from tests.support.looking import looking
from tests.support.shop import open_shop

pytestmark = NEEDS_CHROMIUM

NAME = "<b>Café</b> & Söhne"


async def test_two_managers_change_the_settings_and_both_changes_hold(tmp_path: Path) -> None:
    async with (
        open_shop(tmp_path / "var", COFFEE_BARISTAS="1") as shop,
        chromium() as browser,
        looking(browser, f"{shop.url}/staff/shop", staff_key=shop.staff_key) as look,
        httpx.AsyncClient(base_url=shop.url, headers=shop.staff) as other,
    ):
        form = look.page.locator("form", has=look.page.get_by_label("Address"))
        await form.get_by_label("Name").fill(NAME)
        theirs = {"address": "Main Street 1"}
        assert (await other.put("/shop/settings", json=theirs)).status_code == HTTPStatus.OK
        await form.get_by_role("button", name="Save").click()
        await expect(form.get_by_role("alert").last).to_contain_text("changed this meanwhile")
        await form.get_by_role("button", name="Save").click()
        await expect(look.page.locator("#toasts")).to_contain_text("Saved.")
        saved = (await other.get("/shop/settings")).json()
        assert (saved["name"], saved["address"]) == (NAME, "Main Street 1")

        await look.page.get_by_role("button", name="Pause").click()
        await expect(look.page.locator(".badge.warn").first).to_have_text("Paused")
        assert (await other.get("/shop")).json()["state"] == "paused"

        days = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
        await other.put("/shop", json={"state": "open"})
        closed = await other.put("/shop/hours", json={"weekdays": {day: [] for day in days}})
        assert closed.status_code == HTTPStatus.OK
        await look.page.reload()
        await expect(look.page.locator("#shop")).to_contain_text("Closed by the opening hours")
        await expect(look.page.get_by_role("button", name="Open the shop")).to_have_count(0)


async def test_a_barista_pauses_the_shop_and_sees_what_only_managers_change(
    tmp_path: Path,
) -> None:
    async with (
        open_shop(tmp_path / "var", COFFEE_BARISTAS="1") as shop,
        httpx.AsyncClient(base_url=shop.url, headers=shop.staff) as owner,
        chromium() as browser,
    ):
        made = await owner.post("/staff-keys", json={"name": "Bo", "role": "barista"})
        key = made.json()["key"]
        url = f"{shop.url}/staff/shop"
        async with looking(browser, url, staff_key=key, language="de") as look:
            await expect(look.page.locator("#shop")).to_contain_text("Leitung")
            assert await look.page.locator("fieldset:enabled input").count() == 0
            await look.page.get_by_role("button", name="Pause").dblclick()
            await expect(look.page.locator(".badge.warn").first).to_be_visible()
            assert await look.violations() == []
            assert look.complaints == []
        changes = (await owner.get("/shop/changes")).json()["changes"]
        assert [one["detail"] for one in changes if one["what"] == "shop"] == ["paused"]
