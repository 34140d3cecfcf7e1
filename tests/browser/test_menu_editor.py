"""The menu editor: what managers type is kept, and what others do meanwhile is told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from http import HTTPStatus
from typing import Any

import httpx
import pytest
import pytest_asyncio
from playwright.async_api import Browser, FilePayload, Page, Route, expect

from tests.support.chromium import NEEDS_CHROMIUM, chromium
from tests.support.looking import Look, Scheme, looking
from tests.support.pictures import photo
from tests.support.shop import RunningShop, open_shop

pytestmark = [*NEEDS_CHROMIUM, pytest.mark.asyncio(loop_scope="module")]

HOSTILE = "<img src=x onerror=alert(1)> Kuchen"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shop(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningShop]:
    folder = tmp_path_factory.mktemp("shop") / "var"
    async with open_shop(folder, COFFEE_BARISTAS="1", COFFEE_PHOTO_WORKERS="1") as shop:
        yield shop


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as browser:
        yield browser


@pytest_asyncio.fixture(loop_scope="module")
async def look(shop: RunningShop, browser: Browser) -> AsyncIterator[Look]:
    url = f"{shop.url}/staff/menu"
    async with looking(browser, url, width=390, staff_key=shop.staff_key) as look:
        await look.is_settled()
        yield look


@pytest_asyncio.fixture(loop_scope="module")
async def owner(shop: RunningShop) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=shop.url, headers=shop.staff) as client:
        yield client


async def change(owner: httpx.AsyncClient, item: str, **fields: object) -> None:
    """Change an item as somebody else."""
    read = await owner.get("/menu/document")
    menu = read.json()
    menu["items"][item].update(fields)
    headers = {"If-Match": read.headers["ETag"]}
    assert (await owner.put("/menu/document", json=menu, headers=headers)).is_success


async def menu_of(owner: httpx.AsyncClient) -> dict[str, Any]:
    menu: dict[str, Any] = (await owner.get("/menu/document")).json()
    return menu


async def newest(owner: httpx.AsyncClient) -> int:
    """The version of the menu."""
    return int((await owner.get("/menu")).json()["version"])


async def open_sheet(page: Page, item: str) -> None:
    await page.locator(f"#edit-{item}").click()
    await expect(page.locator("#f-name")).to_be_visible()


async def save(page: Page) -> None:
    await page.locator("#item-sheet .actions .primary").click()


async def test_an_item_is_added_by_keyboard_alone_and_its_name_is_text_everywhere(
    shop: RunningShop, look: Look, owner: httpx.AsyncClient
) -> None:
    page = look.page
    await page.locator("#add").focus()
    await page.keyboard.press("Enter")
    await page.locator("#f-name").focus()
    await page.keyboard.press("Enter")
    await expect(page.locator("#f-name")).to_be_focused()
    await expect(page.locator("#f-name-error")).to_have_text("This is needed.")
    for typed in (HOSTILE, "With <b>cream</b>", "Bakery", "Slice", "4,20"):
        await page.keyboard.type(typed)
        await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")  # it takes the size away, after a look at the next button
    await page.locator("#item-sheet").get_by_role("button", name="Add a size").press("Enter")
    await page.keyboard.press("Control+A")
    await page.keyboard.type("Slice")
    await page.keyboard.press("Tab")
    await page.keyboard.type("4.20")
    await page.keyboard.press("Enter")
    await expect(page.locator("#item-sheet")).to_be_hidden()
    menu = await menu_of(owner)
    added = menu["items"]["img-src-x-onerror-alert-1-kuchen"]
    assert added["name"] == HOSTILE
    assert (added["category"], added["sizes"]) == ("bakery", {"slice": 420})
    assert menu["sizes"]["slice"] == "Slice"
    async with looking(look.page.context.browser, shop.url) as customer:  # type: ignore[arg-type]
        await expect(customer.page.locator("#menu")).to_contain_text(HOSTILE)
    assert look.complaints == []


async def test_what_an_extra_replaces_and_what_may_be_in_an_item_is_edited(
    look: Look, owner: httpx.AsyncClient
) -> None:
    page, sheet = look.page, look.page.locator("#small-sheet")
    await page.locator("#panels a[href='#extras']").click()
    await page.locator("#add").click()
    await page.locator("#f-name").fill("Almond milk")
    await page.locator("#f-price").fill("0.80")
    await page.locator("#f-group").fill("milk")
    for group, allergen in (
        ("May contain traces of", "peanuts"),
        ("No longer contains, once chosen", "milk"),
    ):
        await sheet.locator("summary", has_text=group).click()
        await sheet.get_by_role("group", name=group).get_by_label(allergen).check()
    await (
        sheet.get_by_role("group", name="Contains", exact=True)
        .get_by_label("nuts", exact=True)
        .check()
    )
    await sheet.locator(".primary").click()
    await expect(sheet).to_be_hidden()
    await page.locator("#edit-oat-milk").click()
    await page.locator("#f-name").fill("Oat drink")
    await sheet.locator(".primary").click()
    await expect(sheet).to_be_hidden()
    await page.locator("#panels a[href='#items']").click()
    await open_sheet(page, "tea")
    await page.locator("#item-sheet summary").click()
    await page.get_by_role("group", name="May contain traces of").get_by_label("celery").check()
    await save(page)
    await expect(page.locator("#item-sheet")).to_be_hidden()
    menu = await menu_of(owner)
    assert menu["modifiers"]["almond-milk"] == {
        "name": "Almond milk",
        "price": 80,
        "allergens": ["nuts"],
        "may_contain": ["peanuts"],
        "replaces": ["milk"],
        "group": "milk",
    }
    oat = menu["modifiers"]["oat-milk"]
    assert (oat["name"], oat["replaces"], oat["group"]) == ("Oat drink", ["milk"], "milk")
    assert menu["items"]["tea"]["may_contain"] == ["celery"]


async def test_what_two_people_change_at_once_is_kept_and_told(
    look: Look, owner: httpx.AsyncClient
) -> None:
    page, dialog = look.page, look.page.locator("#item-sheet")
    await open_sheet(page, "latte")
    await page.locator("#f-description").fill("With oats from here")
    await change(owner, "tea", notes="Without sugar")
    await save(page)
    await expect(page.locator("#toasts")).to_contain_text("owner changed the menu meanwhile: tea")
    await expect(dialog).to_be_hidden()

    await open_sheet(page, "latte")
    await page.locator("#f-description").fill("Mine")
    await change(owner, "latte", name="Theirs", description="Theirs", sizes={"small": 399})
    await save(page)
    await expect(dialog).to_contain_text("What you typed is kept")
    await expect(dialog).to_contain_text("latte/small 3.70 USD → 3.99 USD")
    await expect(page.locator("#f-name")).to_have_value("Theirs")
    await expect(page.locator("#size-0-price")).to_have_value("3.99")
    await expect(page.locator("#f-description")).to_have_value("Mine")
    await save(page)
    await expect(dialog).to_be_hidden()
    items = (await menu_of(owner))["items"]
    assert items["tea"]["notes"] == "Without sugar"
    latte = items["latte"]
    assert (latte["name"], latte["description"]) == ("Theirs", "Mine")
    assert latte["sizes"] == {"small": 399}


async def test_what_was_typed_survives_a_lost_answer_a_closed_sheet_and_a_reload(
    look: Look, owner: httpx.AsyncClient
) -> None:
    page, before = look.page, await newest(owner)
    arrived = asyncio.Event()

    async def lose_answer(route: Route) -> None:
        if route.request.method != "PUT":
            return await route.continue_()
        await route.fetch()
        arrived.set()
        return await route.abort()

    await page.route("**/menu/document", lose_answer)
    await open_sheet(page, "americano")
    await page.locator("#f-notes").fill("<i>Lost</i>")
    await save(page)
    await arrived.wait()
    await expect(page.locator("#item-sheet")).to_contain_text("does not answer")
    await page.unroute("**/menu/document")
    await page.keyboard.press("Escape")
    await expect(page.locator("#draft-text")).to_contain_text("Americano")
    await page.reload()
    await page.locator("#draft-go").click()
    await expect(page.locator("#f-notes")).to_have_value("<i>Lost</i>")
    await save(page)
    await expect(page.locator("#item-sheet")).to_be_hidden()
    await expect(page.locator("#draft")).to_be_hidden()
    assert (await menu_of(owner))["items"]["americano"]["notes"] == "<i>Lost</i>"
    assert await newest(owner) == before + 1


async def test_what_the_shop_refuses_is_told_at_its_field(look: Look) -> None:
    page = look.page
    await open_sheet(page, "mocha")
    await page.locator("#size-1-price").fill("1.234,5")
    await page.locator("#f-prep_seconds").fill("0")
    await save(page)
    await expect(page.locator("#size-1-price-error")).to_contain_text("as in 4.50")
    await expect(page.locator("#f-prep_seconds-error")).to_contain_text("from 1 to 3,600")
    await page.locator("#size-1-price").fill("4.5")
    await page.locator("#f-prep_seconds").fill("55")
    await page.locator("#f-name").fill("Mocha \u0007")
    await save(page)
    await expect(page.locator("#f-name-error")).not_to_be_empty()
    await expect(page.locator("#f-name")).to_be_focused()
    await page.keyboard.press("Escape")
    await open_sheet(page, "mocha")
    await expect(page.locator("#item-sheet")).to_contain_text("Not saved yet")
    await page.get_by_role("button", name="Close").click()
    question = page.get_by_role("dialog", name="Discard your changes")
    await question.get_by_role("button", name="Continue").click()
    await expect(page.locator("#f-prep_seconds")).to_have_value("55")
    await page.get_by_role("button", name="Close").click()
    await question.get_by_role("button", name="Discard").click()
    await expect(page.locator("#item-sheet")).to_be_hidden()
    await expect(page.locator("#draft")).to_be_hidden()


async def test_items_are_moved_by_keyboard_and_an_old_menu_is_gone_back_to(
    look: Look, owner: httpx.AsyncClient
) -> None:
    page = look.page
    before, version = list((await menu_of(owner))["items"]), await newest(owner)
    await page.locator("#moving").click()
    down = page.locator("#down-item-espresso")
    await down.focus()
    for _ in range(2):
        await page.keyboard.press("Enter")
        await expect(down).to_be_focused()
    names = page.locator(".editor-category").first.locator(".editor-name strong")
    await expect(names.nth(2)).to_have_text("Espresso")
    await expect(page.locator("#connection")).to_have_text("Live")
    await page.locator("#panels a[href='#history']").click()
    rows = page.locator("#panel li")
    await expect(rows.first).to_contain_text("order of items changed")
    assert await newest(owner) == version + 1
    count = await rows.count()
    await rows.nth(1).get_by_role("button").click()
    await page.get_by_role("dialog").get_by_role("button", name="Go back to this").click()
    await expect(rows).to_have_count(count + 1)
    assert list((await menu_of(owner))["items"]) == before


async def test_a_photo_is_followed_until_customers_see_it_or_the_reason_why_not(
    look: Look, owner: httpx.AsyncClient
) -> None:
    page, panel = look.page, look.page.locator(".editor-photo")
    await open_sheet(page, "cold-brew")
    shown = (await owner.get("/menu/items/cold-brew/photo")).json()["photo"]["src"]
    for picture, text in (
        (b"GIF89a no picture", "The last photo was not taken"),
        (photo(), "Customers see this photo"),
    ):
        file = FilePayload(name="IMG <1>.jpg", mimeType="image/jpeg", buffer=picture)
        await page.locator("input[type=file]").set_input_files(file)
        await expect(panel).to_contain_text(text, timeout=20_000)
    now = (await owner.get("/menu/items/cold-brew/photo")).json()
    assert [upload["state"] for upload in now["uploads"][:2]] == ["shown", "refused"]
    assert now["photo"]["src"] != shown
    await expect(panel.locator("img")).to_have_attribute("src", now["photo"]["src"])
    await panel.get_by_role("button", name="Take off").click()
    await page.get_by_role("dialog").last.get_by_role("button", name="Take off").click()
    await expect(panel).to_contain_text("No photo yet")
    assert look.complaints == []


async def test_a_change_that_fails_here_leaves_the_menu_followed(look: Look) -> None:
    script = """async () => {
      const url = performance.getEntriesByType("resource").map(({ name }) => name)
        .find((name) => name.endsWith("/editor_state.js"));
      const { EditorState } = await import(url);
      const state = new EditorState(() => {});
      await state.refresh();
      state.menu = { items: {} };
      try { await state.change(() => { throw new Error("ours"); }, { isShown: true }); } catch {}
      state.shown.clear();
      await state.refresh();
      return state.shown.size;
    }"""
    assert await look.page.evaluate(script) > 0


async def test_a_barista_says_what_is_sold_out_and_is_offered_nothing_else(
    shop: RunningShop, browser: Browser, owner: httpx.AsyncClient
) -> None:
    made = await owner.post("/staff-keys", json={"name": "Ada", "role": "barista"})
    assert made.status_code == HTTPStatus.CREATED, made.text
    url, key = f"{shop.url}/staff/menu", made.json()["key"]
    async with looking(browser, url, language="de", staff_key=key) as look:
        page = look.page
        await look.is_settled()
        await expect(page.locator("#add")).to_be_hidden()
        await page.locator("#sell-croissant").click()
        await expect(page.locator("label:has(#sell-croissant)")).to_have_text("Ausverkauft")
        items = {item["id"]: item for item in (await owner.get("/menu")).json()["items"]}
        assert items["croissant"]["sold_out"]
        await owner.put("/menu/items/croissant", json={"sold_out": False})
        await page.locator("#edit-croissant").click()
        await expect(page.locator(".editor-photo")).to_be_visible()
        await expect(page.locator("#f-name")).to_have_count(0)
        assert look.complaints == []


@pytest.mark.parametrize(("language", "scheme"), [("en", "light"), ("de", "dark")])
async def test_the_sheets_and_the_history_are_accessible(
    shop: RunningShop, browser: Browser, language: str, scheme: Scheme
) -> None:
    url, key = f"{shop.url}/staff/menu", shop.staff_key
    async with looking(browser, url, language=language, scheme=scheme, staff_key=key) as look:
        await look.is_settled()
        for panel, opener in (("items", "#edit-flat-white"), ("extras", "#add"), ("history", None)):
            await look.page.locator(f"#panels a[href='#{panel}']").click()
            await look.is_settled()
            if opener:
                await look.page.locator(opener).click()
                await expect(look.page.locator("dialog[open]")).to_be_visible()
            await look.show_in(scheme)
            assert await look.violations() == [], panel
            if opener:
                await look.page.keyboard.press("Escape")
        assert look.complaints == []
