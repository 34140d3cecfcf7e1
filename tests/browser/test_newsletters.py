"""Newsletters and the mail about an order, each mail read from the folder of a shop."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from email.message import EmailMessage

import httpx
import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, Route, expect

from tests.support.chromium import NEEDS_CHROMIUM, chromium
from tests.support.looking import looking
from tests.support.mailing import mail_so_far, text_of
from tests.support.shop import ORDER, RunningShop, open_shop
from tests.support.waiting import eventually, until

pytestmark = [*NEEDS_CHROMIUM, pytest.mark.asyncio(loop_scope="module")]

ADDRESS = "ada+news@guests.example"
OF_WHO_WAITS = "bea@guests.example"
OF_OWNER = "owner@shop.example"
SUBJECT = "<b>Half price</b> \u202e & Co"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shop(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningShop]:
    folder = tmp_path_factory.mktemp("shop") / "var"
    async with open_shop(folder, COFFEE_BARISTAS="1") as shop:
        yield shop


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as browser:
        yield browser


async def mails(shop: RunningShop, to: str, count: int, seconds: float = 20) -> list[EmailMessage]:
    """Wait until so many mails to one address are in the folder, and give all of them."""

    def so_far() -> list[EmailMessage]:
        folder = shop.folder / "mail"
        found = mail_so_far(folder) if folder.exists() else []
        return [mail for mail in found if mail["To"] == to]

    await eventually(lambda: len(so_far()) >= count, seconds)
    return so_far()


def link(shop: RunningShop, mail: EmailMessage, path: str) -> str:
    """The link in a mail whose path begins so, at the shop's own address."""
    found = re.search(rf"https?://[^/\s]+({re.escape(path)}\S*)", text_of(mail))
    assert found, text_of(mail)
    return shop.url + found[1]


async def publish_in_two_tabs(shop: RunningShop, page: Page) -> None:
    """Publish what is written, from two tabs at once: it is one issue, and only its text goes."""
    other = await page.context.new_page()
    await other.goto(page.url)
    for tab in (other, page):
        await expect(tab.locator("#subject")).to_have_value(SUBJECT)
        await tab.locator("#publish").click()
    is_answered = asyncio.Event()

    async def slowly(route: Route) -> None:
        answer = await route.fetch()
        await is_answered.wait()
        await route.fulfill(response=answer)

    await page.route(
        "**/messages", lambda route: slowly(route) if is_post(route) else route.continue_()
    )
    for tab in (page, other):
        await tab.get_by_role("dialog").get_by_role("button", name="Publish").click()
    await expect(other.locator("#held")).to_contain_text("goes out in")
    await expect(page.locator("#subject")).to_have_value("")
    await page.locator("#subject").fill("The next one")
    is_answered.set()
    await expect(page.locator("#held")).to_contain_text("goes out in")
    await page.unroute("**/messages")
    for tab in (page, other):
        await expect(tab.locator("#subject")).to_have_value("The next one")
    async with httpx.AsyncClient(base_url=shop.url, headers=shop.staff) as owner:
        issues = (await owner.get("/topics/coupons/messages")).json()["issues"]
    assert [issue["subject"] for issue in issues] == [SUBJECT]
    await other.close()


def is_post(route: Route) -> bool:
    return route.request.method == "POST"


async def test_from_signing_up_for_two_to_unsubscribing_from_all(  # noqa: PLR0915 - one story
    shop: RunningShop, browser: Browser
) -> None:
    async with (
        looking(browser, f"{shop.url}/newsletters", width=390) as look,
        looking(browser, f"{shop.url}/staff/newsletters", staff_key=shop.staff_key) as desk,
    ):
        page = look.page
        await page.get_by_label("Mail address").fill("nobody")
        await page.get_by_role("button", name="Subscribe").click()
        await expect(page.get_by_text("Please choose at least one.")).to_be_visible()
        await page.get_by_label("Offers", exact=False).first.check()
        await page.get_by_label("New on the menu", exact=False).first.check()
        await page.get_by_role("button", name="Subscribe").click()
        await expect(page.locator("#failure")).to_have_text("Please check the mail address.")
        late = asyncio.Event()

        async def answer_late(route: Route) -> None:
            await late.wait()
            await route.continue_()

        await page.route("**/subscriptions", answer_late)
        await page.get_by_label("Mail address").fill(ADDRESS)
        await page.keyboard.press("Enter")
        await expect(page.locator("#failure")).to_have_text("No answer yet.")
        late.set()
        await expect(page.locator("#sent")).to_contain_text(ADDRESS)

        (request,) = await mails(shop, ADDRESS, 1)
        await page.goto(link(shop, request, "/subscriptions/"))
        await expect(page.locator("main")).to_contain_text("Offers, New on the menu")
        assert '"Offers", "New on the menu"' in text_of(request)
        await page.get_by_role("button", name="Subscribe").click()
        await expect(page.locator("h1")).to_have_text("You are subscribed")

        async def is_counted() -> bool:
            await desk.page.reload()
            await expect(desk.page.locator("#goes-to")).to_contain_text("It goes to")
            return "1 subscriber." in await desk.page.locator("#goes-to").inner_text()

        await until(is_counted, 20)
        await desk.page.locator("#subject").fill(SUBJECT)
        await desk.page.locator("#body").fill("**Today** <script>alert(1)</script>")
        await expect(desk.page.locator("#preview strong")).to_have_text("Today")
        await expect(desk.page.locator("#preview")).to_contain_text("<script>alert(1)</script>")
        await desk.page.locator("#proof").click()
        await desk.page.locator("#address").fill(OF_OWNER)
        await desk.page.keyboard.press("Enter")
        await mails(shop, OF_OWNER, 1)

        await desk.page.reload()
        await expect(desk.page.locator("#subject")).to_have_value(SUBJECT)
        await publish_in_two_tabs(shop, desk.page)
        await desk.page.get_by_role("button", name="Take it back").click()
        await desk.page.get_by_role("button", name="Replace").click()
        await expect(desk.page.locator("#subject")).to_have_value(SUBJECT)
        await expect(desk.page.locator("#held .banner")).to_have_count(0)
        async with httpx.AsyncClient(base_url=shop.url, headers=shop.staff) as owner:
            issue_at_once = {"subject": SUBJECT, "body": "**Today**"}
            await owner.post("/topics/coupons/messages", json=issue_at_once)
        (_, issue) = await mails(shop, ADDRESS, 2)
        await desk.page.reload()
        await expect(desk.page.locator("#past")).to_contain_text("1 delivered")
        await expect(desk.page.locator("#past")).to_contain_text("Offers · ")
        assert issue["Subject"] == SUBJECT
        await page.goto(f"{shop.url}/newsletters/coupons")
        await expect(page.locator(".issue strong")).to_have_text("Today")

        await page.goto(link(shop, issue, "/newsletters/manage"))
        await expect(page.locator("#address")).to_have_text(ADDRESS)
        await expect(page.locator("input:checked")).to_have_count(2)
        await page.get_by_label("New on the menu", exact=False).uncheck()
        await page.get_by_label("Coffee trivia", exact=False).check()
        await page.get_by_role("button", name="Save").click()
        await expect(page.locator("#said")).to_have_text("Saved.")
        await page.reload()
        await expect(page.locator("input:checked")).to_have_count(2)
        await page.get_by_role("button", name="Unsubscribe from all").click()
        await expect(page.locator("#over")).to_be_visible()
        await page.reload()
        await expect(page.locator("#over")).to_be_visible()
        await page.goto(link(shop, issue, "/unsubscribe"))
        await expect(page.locator("h1")).to_have_text("You are unsubscribed")


async def test_who_waits_for_an_order_has_a_mail_sent_when_it_is_ready(
    shop: RunningShop, browser: Browser
) -> None:
    async with httpx.AsyncClient(base_url=shop.url) as client:
        orders = [(await client.post("/orders", json=ORDER)).json() for _ in range(8)]
    async with looking(browser, f"{shop.url}/o/{orders[-1]['id']}", width=390) as look:
        await look.page.get_by_role("button", name="Or by mail").click()
        dialog = look.page.get_by_role("dialog", name="A mail when it is ready")
        await dialog.get_by_label("Mail address").fill("nobody")
        await dialog.get_by_role("button", name="Send the link").click()
        await expect(dialog.get_by_role("alert")).to_have_text("This is not a mail address.")
        assert await look.violations() == []
        await dialog.get_by_label("Mail address").fill(OF_WHO_WAITS)
        await look.page.keyboard.press("Enter")
        await expect(look.page.locator("#toasts")).to_contain_text(f"sent to {OF_WHO_WAITS}")
        await expect(dialog).to_be_hidden()
        (request,) = await mails(shop, OF_WHO_WAITS, 1)
        await look.page.goto(link(shop, request, "/subscriptions/"))
        await look.page.get_by_role("button", name="Subscribe").click()
        await expect(look.page.locator("h1")).to_have_text("You are subscribed")
    (_, told) = await mails(shop, OF_WHO_WAITS, 2, seconds=60)
    assert orders[-1]["number"] in text_of(told)
