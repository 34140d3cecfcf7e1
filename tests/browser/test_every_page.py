"""What holds for every page of a running shop: each is found by the table of operations."""

from __future__ import annotations

from collections.abc import AsyncIterator
from http import HTTPStatus
from urllib.parse import quote, urlsplit

import httpx
import pytest
import pytest_asyncio
from playwright.async_api import Browser

from notifier.app import NOTIFIER_OPERATIONS
from producer.app import CASHIER_OPERATIONS
from shared.web.pages.texts import LANGUAGES
from tests.support.chromium import NEEDS_CHROMIUM, chromium
from tests.support.looking import PAGE_BYTES, SCHEMES, looking
from tests.support.shop import ORDER, RunningShop, open_shop

pytestmark = [*NEEDS_CHROMIUM, pytest.mark.asyncio(loop_scope="module")]

OF_AN_ORDER = {"/o/{id}"}
"""The pages of an order: they are looked at with the one that the shop has."""

FOR_STRANGERS = {"/staff/sign-in"}
"""The staff's page that holds nothing."""

PATHS = [
    operation.path
    for operation in (*CASHIER_OPERATIONS, *NOTIFIER_OPERATIONS)
    if operation.tag == "pages"
    and ("{" not in operation.path or operation.path in OF_AN_ORDER)
    and operation.responses[HTTPStatus.OK].media_type == "text/html"
]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shop(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningShop]:
    folder = tmp_path_factory.mktemp("shop") / "var"
    async with open_shop(folder, COFFEE_BREW_SPEED="0", COFFEE_BARISTAS="1") as shop:
        yield shop


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def order_id(shop: RunningShop) -> str:
    async with httpx.AsyncClient(base_url=shop.url) as client:
        return str((await client.post("/orders", json=ORDER)).json()["id"])


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as browser:
        yield browser


async def test_there_are_pages() -> None:
    assert {"/", "/board", "/o/{id}", "/staff"} <= {*PATHS}


def key_for(path: str, shop: RunningShop) -> str | None:
    """Staff pages are looked at as the owner."""
    return shop.staff_key if path.startswith("/staff") else None


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("path", PATHS)
async def test_a_page_is_accessible_and_still_and_asks_no_other_host(
    shop: RunningShop, order_id: str, browser: Browser, path: str, language: str
) -> None:
    url, key = f"{shop.url}{path.format(id=order_id)}", key_for(path, shop)
    async with looking(browser, url, language=language, staff_key=key) as look:
        await look.is_settled()
        assert urlsplit(look.page.url).path == urlsplit(url).path
        assert await look.page.get_attribute("html", "lang") == language
        for scheme in SCHEMES:
            await look.show_in(scheme)
            assert await look.violations() == [], scheme
        assert await look.layout_shifts() == []
        assert look.complaints == []


@pytest.mark.parametrize("path", PATHS)
async def test_a_page_is_small_and_fits_400_percent_zoom(
    shop: RunningShop, order_id: str, browser: Browser, path: str
) -> None:
    url, key = f"{shop.url}{path.format(id=order_id)}", key_for(path, shop)
    async with looking(browser, url, width=320, language="de", staff_key=key) as look:
        await look.is_settled()
        sent = await look.own_bytes()
        assert sum(sent.values()) <= PAGE_BYTES, sent
        assert not await look.is_wider_than_its_window()


@pytest.mark.parametrize("path", [path for path in PATHS if path.startswith("/staff")])
async def test_a_staff_page_is_shown_after_signing_in_alone(shop: RunningShop, path: str) -> None:
    async with httpx.AsyncClient(base_url=shop.url) as stranger:
        answer = await stranger.get(path)
    if path in FOR_STRANGERS:
        assert answer.status_code == HTTPStatus.OK
    else:
        assert answer.status_code == HTTPStatus.SEE_OTHER
        assert answer.headers["Location"] == f"/staff/sign-in?next={quote(path, safe='/')}"


async def test_baristas_are_told_what_is_not_theirs_and_no_page_of_staff_fails(
    shop: RunningShop, browser: Browser
) -> None:
    async with httpx.AsyncClient(base_url=shop.url, headers=shop.staff) as owner:
        made = await owner.post("/staff-keys", json={"name": "Bo", "role": "barista"})
    first, *others = [path for path in PATHS if path.startswith("/staff")]
    async with looking(browser, f"{shop.url}{first}", staff_key=made.json()["key"]) as look:
        await look.is_settled()
        for path in others:
            await look.page.goto(f"{shop.url}{path}")
            await look.is_settled()
        left = "failed: "  # what was still being loaded when the page was left
        assert [one for one in look.complaints if not one.startswith(left)] == []


async def test_a_language_that_the_owner_does_not_offer_is_not_used(
    shop: RunningShop, browser: Browser
) -> None:
    async with httpx.AsyncClient(base_url=shop.url, headers=shop.staff) as owner:
        settings = {"name": "<b>Café & Söhne</b>", "languages": ["en"]}
        assert (await owner.put("/shop/settings", json=settings)).status_code == HTTPStatus.OK
        async with looking(browser, f"{shop.url}/board?lang=de", language="de") as look:
            assert await look.page.get_attribute("html", "lang") == "en"
            assert await look.page.locator(".brand").inner_text() == "<b>Café & Söhne</b>"
            assert await look.page.locator(".switch").count() == 0
        await owner.put("/shop/settings", json={})


async def test_the_look_is_shown_on_one_machine_alone(shop: RunningShop) -> None:
    services = (*CASHIER_OPERATIONS, *NOTIFIER_OPERATIONS)
    assert [one.path for one in services if one.path.startswith("/design")] == []
    async with httpx.AsyncClient(base_url=shop.url) as client:
        assert (await client.get("/design")).status_code == HTTPStatus.OK
