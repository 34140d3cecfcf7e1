"""The page of staff keys: one is shown once, works by its address, and ends when withdrawn."""

from __future__ import annotations

from http import HTTPStatus
from pathlib import Path

import httpx
from playwright.async_api import expect

from tests.support.chromium import NEEDS_CHROMIUM, chromium
from tests.support.looking import SCHEMES, looking
from tests.support.shop import open_shop
from tests.support.waiting import until

pytestmark = NEEDS_CHROMIUM

NAME = "<b>Ada</b> & Söhne"


async def test_a_key_is_made_passed_on_and_withdrawn(tmp_path: Path) -> None:
    async with (
        open_shop(tmp_path / "var", COFFEE_BARISTAS="1") as shop,
        chromium() as browser,
        looking(browser, f"{shop.url}/staff/keys", staff_key=shop.staff_key) as look,
        looking(browser, f"{shop.url}/staff/keys", width=390, language="de") as theirs,
    ):
        page, form = look.page, look.page.locator("#add")
        await expect(page.locator("#keys")).to_contain_text("Nobody but the owner")
        await form.get_by_role("button").click()
        await expect(page.locator("#name-error")).to_have_text("Say whose key it is.")
        await page.keyboard.type(NAME)
        await form.get_by_role("button").dblclick()
        dialog = page.get_by_role("dialog")
        await expect(dialog).to_contain_text(f"The key of {NAME}")
        link = await dialog.get_by_label("Address that signs in").input_value()
        await expect(dialog).to_contain_text("only works on this computer")
        await page.keyboard.press("Escape")
        for scheme in SCHEMES:
            await look.show_in(scheme)
            assert await look.violations() == []
        assert await page.locator("#name-error").inner_text() == ""
        await dialog.get_by_role("button", name="I have passed it on").click()
        row = page.locator("#keys li")
        await expect(row).to_contain_text([NAME])
        secret = link.partition("#key=")[2]
        assert secret not in await page.content()

        await theirs.page.goto(link)
        await theirs.page.wait_for_url("**/staff")
        await theirs.page.goto(f"{shop.url}/staff/keys")
        await expect(theirs.page.locator("main h2")).to_have_text("Diese Seite ist für die Leitung")
        await expect(theirs.page.locator("main")).to_contain_text(NAME)
        links = theirs.page.locator("nav.links")
        await expect(links).to_contain_text("Küche")
        await expect(links).not_to_contain_text("Schlüssel")
        assert await theirs.violations() == []

        await page.locator("#name").fill(NAME)
        await page.keyboard.press("Enter")
        await expect(page.locator("#name-error")).to_contain_text("has a key already")

        await row.get_by_role("button").click()
        await page.get_by_role("dialog").get_by_role("button", name="Withdraw").click()
        await expect(page.locator("#keys")).to_contain_text("Nobody but the owner")
        headers = {"Authorization": f"Bearer {secret}"}
        async with httpx.AsyncClient(base_url=shop.url, headers=headers) as client:

            async def refused() -> bool:
                return (await client.get("/orders")).status_code == HTTPStatus.UNAUTHORIZED

            await until(refused, 3)
        await theirs.page.goto(f"{shop.url}/staff/keys")
        await theirs.page.wait_for_url("**/staff/sign-in**")
        await expect(theirs.page.locator("main")).to_contain_text("Schlüssel wurde gesperrt")
