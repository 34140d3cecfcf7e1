"""The owner's page of the shop: what was typed survives another's change, and nobody's is lost."""

from __future__ import annotations

import re
import uuid
from collections.abc import AsyncIterator
from http import HTTPStatus
from typing import Any

import httpx
import pytest
import pytest_asyncio
from playwright.async_api import Browser, Route, expect

from tests.support.chromium import NEEDS_CHROMIUM, chromium
from tests.support.looking import Look, looking
from tests.support.shop import RunningShop, open_shop

pytestmark = [*NEEDS_CHROMIUM, pytest.mark.asyncio(loop_scope="module")]

NAME = "<b>Café</b> & Söhne"
WEEK = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
CLOSED: dict[str, Any] = {"weekdays": {day: [] for day in WEEK}}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shop(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningShop]:
    async with open_shop(tmp_path_factory.mktemp("shop") / "var", COFFEE_BARISTAS="1") as shop:
        yield shop


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as browser:
        yield browser


@pytest_asyncio.fixture(loop_scope="module")
async def owner(shop: RunningShop) -> AsyncIterator[httpx.AsyncClient]:
    """Who has opened the shop, without hours."""
    async with httpx.AsyncClient(base_url=shop.url, headers=shop.staff) as client:
        for path, body in (("/shop/hours", {}), ("/shop", {"state": "open"})):
            assert (await client.put(path, json=body)).status_code == HTTPStatus.OK
        yield client


@pytest_asyncio.fixture(loop_scope="module")
async def german(shop: RunningShop, browser: Browser) -> AsyncIterator[Look]:
    """The page as a manager who reads German has it."""
    url = f"{shop.url}/staff/shop"
    async with looking(browser, url, staff_key=shop.staff_key, language="de") as look:
        yield look


async def test_two_managers_change_the_settings_and_both_changes_hold(
    shop: RunningShop, browser: Browser, owner: httpx.AsyncClient
) -> None:
    other = owner
    url = f"{shop.url}/staff/shop"
    async with looking(browser, url, staff_key=shop.staff_key) as look:
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
        await expect(look.page.locator(".brand span")).to_have_text(NAME)
        await form.get_by_label("Mark it as late").fill("1")
        await form.get_by_role("button", name="Save").click()
        await expect(form.locator(".error").filter(has_text="less than")).to_be_visible()

        await look.page.get_by_role("button", name="Pause").click()
        await expect(look.page.locator(".badge.warn").first).to_have_text("Paused")
        assert (await other.get("/shop")).json()["state"] == "paused"

        await other.put("/shop", json={"state": "open"})
        closed = await other.put("/shop/hours", json=CLOSED)
        assert closed.status_code == HTTPStatus.OK
        await look.page.reload()
        await expect(look.page.locator("#shop")).to_contain_text("Closed by the opening hours")
        await expect(look.page.get_by_role("button", name="Open the shop")).to_have_count(0)


async def test_a_barista_pauses_the_shop_and_sees_what_only_managers_change(
    shop: RunningShop, browser: Browser, owner: httpx.AsyncClient
) -> None:
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
    assert [one["detail"] for one in changes if one["by"] == "Bo"] == ["paused"]


async def test_opening_hours_that_were_typed_are_kept_by_all_that_happens_to_them(
    owner: httpx.AsyncClient, german: Look
) -> None:
    page = german.page
    form = page.locator("form", has=page.get_by_label("Immer geöffnet"))
    save = form.get_by_role("button", name="Speichern")
    always = form.get_by_label("Immer geöffnet")

    async def hours() -> dict[str, Any]:
        read: dict[str, Any] = (await owner.get("/shop/hours")).json()
        return read

    await always.uncheck()
    await page.get_by_label("Freitag, von").fill("18:00")
    await page.get_by_label("Freitag, bis").fill("02:00")
    await page.get_by_label("Samstag, von").fill("01:00")
    await page.get_by_role("button", name="Diese Zeit entfernen: Sonntag").click()
    night = page.get_by_role("group", name="Samstag").locator("rect").first
    assert [await night.get_attribute(at) for at in ("x", "width")] == ["0", "120"]

    await save.click()
    told = page.get_by_role("group", name="Freitag").locator(".error")
    await expect(told).to_have_text(
        re.compile(r"18:00.02:00 reicht bis in 01:00.18:00 am Tag danach\.")
    )
    await expect(form).to_contain_text("Noch nicht gespeichert")
    assert (await hours())["weekdays"] is None

    await page.reload()
    await expect(page.get_by_label("Freitag, bis")).to_have_value("02:00")
    await page.get_by_label("Samstag, von").fill("09:00")

    async def lose(route: Route) -> None:
        await route.fetch()
        await route.abort()

    await page.route("**/shop/hours", lose, times=1)
    await save.click()
    await expect(form.get_by_role("alert").last).not_to_be_empty()
    await save.click()
    await expect(page.locator("#toasts")).to_contain_text("Gespeichert")
    week = (await hours())["weekdays"]
    assert (week["friday"], week["sunday"]) == ([["18:00", "02:00"]], [])

    await always.check()
    await save.click()
    await expect(form.get_by_text("Noch nicht gespeichert")).to_be_hidden()
    assert (await owner.get("/shop")).json()["state"] == "open"
    await page.reload()
    await always.uncheck()
    await expect(page.get_by_label("Freitag, bis")).to_have_value("02:00")
    await always.check()
    await expect(form.get_by_text("Noch nicht gespeichert")).to_be_hidden()

    await always.uncheck()
    for day in ("Freitag", "Samstag"):
        await page.get_by_role("button", name=f"Diese Zeit entfernen: {day}").click()
    await save.click()
    undo = page.locator("#toasts").get_by_role("button", name="Rückgängig").last
    await undo.click()
    await expect(page.locator("#toasts")).to_contain_text("wieder wie vorher")
    assert await hours() == {"weekdays": week, "always_open": True, "exceptions": {}}
    assert await german.violations() == []
    failed = [one for one in german.complaints if "/shop/hours" not in one]
    assert [one for one in failed if "Failed to load" not in one] == []


async def test_an_owner_opens_today_outside_the_hours_while_somebody_else_changes_them(
    owner: httpx.AsyncClient, german: Look
) -> None:
    page = german.page
    form = page.locator("form", has=page.get_by_label("Immer geöffnet"))
    save = form.get_by_role("button", name="Speichern")
    assert (await owner.put("/shop/hours", json=CLOSED)).status_code == HTTPStatus.OK
    await page.reload()
    await page.get_by_role("button", name="Heute trotzdem öffnen").click()
    theirs = CLOSED | {"exceptions": {"2199-12-24": []}}
    assert (await owner.put("/shop/hours", json=theirs)).status_code == HTTPStatus.OK
    await save.click()
    await expect(form.get_by_role("alert").last).to_contain_text("inzwischen geändert")
    await save.click()
    await expect(page.locator("#shop .badge").first).to_have_text("Geöffnet")
    dates = (await owner.get("/shop/hours")).json()["exceptions"]
    assert len(dates) == 2


async def test_the_currency_and_the_tax_are_chosen_before_the_first_order(
    owner: httpx.AsyncClient, german: Look
) -> None:
    page = german.page
    form = page.locator("form", has=page.get_by_label("Währung"))
    card = page.get_by_text("Währung und Steuer")
    await card.click()
    await form.get_by_label("Währung").select_option("EUR")
    await form.get_by_role("button", name="Satz hinzufügen").click()
    await form.get_by_label("Wofür").fill("Speisen")
    await form.get_by_label("Hier").fill("viel")
    await form.get_by_label("Zum Mitnehmen").fill("7,5")
    await form.get_by_role("button", name="Speichern").click()
    await expect(form).to_contain_text("Schreib Prozent, etwa 7,5.")
    await page.reload()
    await form.get_by_label("Hier").fill("19")
    await form.get_by_role("button", name="Speichern").click()
    await expect(page.locator("#toasts")).to_contain_text("Gespeichert")
    menu = (await owner.get("/menu/document")).json()
    assert menu["currency"] == "EUR"
    assert menu["tax"]["classes"] == {"speisen": {"here": "19", "away": "7.5"}}
    assert {item["tax"] for item in menu["items"].values()} == {"speisen"}

    order = {
        "customer_name": "Ada",
        "items": [{"item": "croissant", "size": "regular", "quantity": 1}],
    }
    placed = await owner.post("/orders", json=order, headers={"Idempotency-Key": uuid.uuid4().hex})
    assert placed.json().get("currency") == "EUR", placed.text
    await page.reload()
    await card.click()
    await expect(form.get_by_label("Währung")).to_be_disabled()
    await expect(form).to_contain_text("Sie bleibt")
    assert await german.violations() == []
