"""A customer at `/` and `/o/{id}`: ordering once, whatever happens on the way."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from http import HTTPStatus
from typing import Any

import httpx
import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, Route, expect

from tests.support.allergen_cases import ALLERGEN_CASES
from tests.support.chromium import NEEDS_CHROMIUM, chromium
from tests.support.looking import Look, looking
from tests.support.shop import ORDER, RunningShop, open_shop, reaches

pytestmark = [*NEEDS_CHROMIUM, pytest.mark.asyncio(loop_scope="module")]

HOSTILE = "<img src=x onerror=alert(1)> \u05d0 & 'co'"
TAPS = "self.taps = 0; addEventListener('click', (tap) => { if (tap.detail) self.taps++; }, true);"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shop(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningShop]:
    folder = tmp_path_factory.mktemp("shop") / "var"
    async with open_shop(folder, COFFEE_BREW_SPEED="5", COFFEE_BARISTAS="1") as shop:
        yield shop


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as browser:
        yield browser


@pytest_asyncio.fixture(loop_scope="module")
async def look(shop: RunningShop, browser: Browser) -> AsyncIterator[Look]:
    async with looking(browser, shop.url, width=390, has_touch=True) as look:
        await look.is_settled()
        yield look


@pytest_asyncio.fixture(loop_scope="module")
async def staff(shop: RunningShop) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=shop.url, headers=shop.staff) as client:
        yield client


async def order_of(page: Page) -> str:
    """Wait for the page of the order that was placed, and give the order's id."""
    await page.wait_for_url("**/o/*")
    return page.url.rpartition("/")[2]


async def put_latte(page: Page) -> None:
    await page.locator("#item-latte").click()
    await page.locator("#sheet .primary").click()
    await page.locator("#cart-bar").click()


async def put_menu(staff: httpx.AsyncClient, menu: dict[str, Any]) -> None:
    newest = (await staff.get("/menu/document")).headers["ETag"]
    changed = await staff.put("/menu/document", json=menu, headers={"If-Match": newest})
    assert changed.status_code == HTTPStatus.OK


async def placed_by(staff: httpx.AsyncClient, name: str) -> list[dict[str, Any]]:
    orders = (await staff.get("/orders", params={"limit": 100})).json()["orders"]
    return [order for order in orders if order["customer_name"] == name]


async def test_a_latte_is_four_taps_for_a_stranger_and_for_who_is_known(
    shop: RunningShop, look: Look, staff: httpx.AsyncClient
) -> None:
    page = look.page
    for name in (HOSTILE, None):
        await page.goto(shop.url)
        await page.evaluate(TAPS)
        await put_latte(page)
        if name:
            await expect(page.locator("#name")).to_be_focused()
            await page.keyboard.type(name)
        taps = int(await page.evaluate("self.taps"))
        await page.locator("#place").click()
        assert taps + 1 <= 4
        order_id = await order_of(page)
        order = (await staff.get(f"/orders/{order_id}")).json()
        assert (order["customer_name"], order["items"][0]["size"]) == (HOSTILE, "medium")
        await expect(page.locator(".number")).to_have_text(order["number"])
        assert order_id not in await page.title()
    assert await look.violations() == []


async def test_a_double_tap_places_one_order(look: Look, staff: httpx.AsyncClient) -> None:
    await put_latte(look.page)
    await look.page.locator("#name").fill("Twice")
    await look.page.locator("#place").dblclick()
    await order_of(look.page)
    assert len(await placed_by(staff, "Twice")) == 1


async def test_an_order_whose_answer_is_lost_is_placed_once_though_the_page_is_reloaded(
    look: Look, staff: httpx.AsyncClient
) -> None:
    page, arrived = look.page, asyncio.Event()

    async def lose_answer(route: Route) -> None:
        await route.fetch()
        arrived.set()
        await route.abort()

    await page.route("**/orders", lose_answer)
    await put_latte(page)
    await page.locator("#name").fill("Lost")
    await page.locator("#place").click()
    await arrived.wait()
    await page.unroute("**/orders")
    await page.reload()
    order_id = await order_of(page)
    assert [order["id"] for order in await placed_by(staff, "Lost")] == [order_id]


async def test_a_cart_that_changed_after_a_lost_answer_is_not_taken_for_the_order_that_arrived(
    look: Look, staff: httpx.AsyncClient
) -> None:
    page = look.page

    async def lose_answer(route: Route) -> None:
        await route.fetch()
        await route.abort()

    await page.route("**/orders", lose_answer)
    await put_latte(page)
    await page.locator("#name").fill("Changed")
    await page.locator("#place").click()
    await page.locator("#cart-problem").get_by_role("button", name="Stop").click()
    await expect(page.locator("#cart-problem")).to_contain_text("does not make it twice")
    await page.unroute("**/orders")
    await page.locator("#more-0").click()
    await page.locator("#place").click()
    await expect(page.locator("#cart-problem")).to_contain_text("had reached us before")
    assert len(await placed_by(staff, "Changed")) == 1
    await page.locator("#place").click()
    await order_of(page)
    placed = await placed_by(staff, "Changed")
    assert [order["items"][0]["quantity"] for order in placed] == [2, 1]


async def test_what_changed_meanwhile_is_told_before_it_is_ordered_and_the_cart_is_kept(
    look: Look, staff: httpx.AsyncClient
) -> None:
    page, problem = look.page, look.page.locator("#cart-problem")
    await put_latte(page)
    await page.locator("#name").fill("Careful")

    await staff.put("/menu/items/latte", json={"sold_out": True})
    await page.locator("#place").click()
    await expect(problem).to_contain_text("sold out meanwhile")
    await expect(page.locator("#cart-lines .badge")).to_have_text("Sold out")
    await staff.put("/menu/items/latte", json={"sold_out": False})

    menu = (await staff.get("/menu/document")).json()
    latte = menu["items"]["latte"]
    latte["sizes"]["medium"] += 25
    await put_menu(staff, menu)
    await page.locator("#place").click()
    await expect(problem).to_contain_text("price or an allergen has changed")
    await expect(page.locator("#cart-lines .badge")).to_have_text("New price: $4.10 → $4.35")

    latte["allergens"].append("nuts")
    await put_menu(staff, menu)
    await page.locator("#place").click()
    await expect(page.locator("#cart-lines")).to_contain_text("Contains milk, nuts")
    await expect(problem).to_contain_text("price or an allergen has changed")

    await staff.put("/shop", json={"state": "paused", "reason": "The grinder <b>jams</b>"})
    await page.locator("#place").click()
    await expect(problem).to_contain_text("take no orders right now")
    why = page.locator("#cart-shop")
    await expect(why).to_have_text("We take a short break. The grinder <b>jams</b>")
    await page.reload()
    await expect(page.locator("#wait")).to_contain_text("The grinder <b>jams</b>")
    await staff.put("/shop", json={"state": "open"})
    assert await placed_by(staff, "Careful") == []

    await page.locator("#cart-bar").click()
    await page.locator("#place").click()
    order = (await staff.get(f"/orders/{await order_of(page)}")).json()
    assert order["total"] == latte["sizes"]["medium"]
    latte["allergens"].remove("nuts")
    await put_menu(staff, menu)


async def test_a_busy_shop_says_when_to_try_again(look: Look) -> None:
    page = look.page

    async def busy(route: Route) -> None:
        await route.fulfill(
            status=HTTPStatus.SERVICE_UNAVAILABLE,
            headers={"Retry-After": "20", "Content-Type": "application/problem+json"},
            body='{"type": "/problems/too-busy", "title": "Busy", "status": 503}',
        )

    await page.route("**/orders", busy)
    await put_latte(page)
    await page.locator("#name").fill("Patient")
    await page.locator("#place").click()
    await expect(page.locator("#cart-problem")).to_contain_text("Try again in 20 seconds")
    await expect(page.locator("#cart-lines strong")).to_have_text("Caffè latte")


async def test_a_menu_that_went_offline_says_so_and_catches_up_by_itself(
    look: Look, staff: httpx.AsyncClient
) -> None:
    page, context = look.page, look.page.context
    await put_latte(page)
    await context.set_offline(True)
    await expect(page.locator("#connection")).to_have_text("Offline", timeout=10_000)
    await staff.put("/menu/items/tea", json={"sold_out": True})
    await context.set_offline(False)
    await expect(page.locator("#item-tea")).to_be_disabled()
    await expect(page.locator("#connection")).to_have_text("Live")
    await expect(page.locator("#cart-lines strong")).to_have_text("Caffè latte")
    await staff.put("/menu/items/tea", json={"sold_out": False})


async def test_an_order_without_a_connection_says_so_at_once_and_is_sent_when_there_is_one(
    look: Look, staff: httpx.AsyncClient
) -> None:
    page, context = look.page, look.page.context
    await put_latte(page)
    await page.locator("#name").fill("Offline")
    await context.set_offline(True)
    await page.locator("#place").click()
    problem = page.locator("#cart-problem")
    await expect(problem).to_contain_text("No connection. Your order is kept", timeout=1500)
    await problem.get_by_role("button", name="Stop").click()
    await expect(problem).to_contain_text("Stopped", timeout=1500)
    await expect(page.locator("#place")).to_have_text("Place order")
    await page.locator("#place").click()
    await expect(page.locator("#place")).to_have_attribute("aria-busy", "true")
    await context.set_offline(False)
    order_id = await order_of(page)
    assert [order["id"] for order in await placed_by(staff, "Offline")] == [order_id]


async def test_what_contains_an_allergen_or_may_contain_it_is_left_out(look: Look) -> None:
    page, cart = look.page, look.page.locator("#cart-lines")
    croissant, traces = page.locator("#item-croissant"), "May contain: nuts, sesame"
    await expect(croissant).to_contain_text(traces)
    await croissant.click()
    await expect(cart).to_contain_text(traces)
    await expect(page.locator("#added")).to_contain_text(traces)

    await page.locator("#filter summary").click()
    await page.locator("#avoid-sesame").check()
    await expect(croissant).to_have_count(0)
    await expect(page.locator("#hidden-items")).to_contain_text("hidden because of")
    await expect(cart.locator(".warn")).to_contain_text(["Contains gluten, eggs, milk", traces])
    await page.locator("#avoid-sesame").uncheck()

    await page.locator("#avoid-milk").check()
    await expect(page.locator("#item-banana-bread")).to_have_count(0)
    await expect(page.locator("#item-mocha")).to_have_count(0)  # its chocolate may have milk in it
    await page.locator("#avoid-gluten").check()
    await page.locator("#item-espresso").click()
    await expect(page.get_by_label("Soy milk")).to_be_attached()
    await expect(page.get_by_label("Oat milk")).to_have_count(0)


async def test_who_avoids_milk_orders_a_latte_without_and_cannot_overlook_it(
    look: Look, staff: httpx.AsyncClient
) -> None:
    page, latte = look.page, look.page.locator("#item-latte")
    contains, add = page.locator("#sheet [role=status]"), page.locator("#sheet .primary")
    await page.locator("#filter summary").click()
    await page.locator("#avoid-milk").check()
    await expect(latte).to_contain_text("No milk with Oat milk or Soy milk")
    prices = (await staff.get("/menu")).json()["items"]
    (menu_latte,) = [item for item in prices if item["id"] == "latte"]
    least = min(size["price"] for size in menu_latte["sizes"]) + 60
    await expect(latte.locator(".price")).to_have_text(f"from ${least / 100:.2f}")

    await latte.click()
    await expect(page.locator("#sheet :checked")).to_have_count(1)  # the size
    await expect(contains).to_have_text("Contains milk. No milk with Oat milk or Soy milk.")
    await add.click()
    await expect(page.locator("#extra-oat-milk")).to_be_focused()
    assert await look.violations() == []
    await page.keyboard.press("Space")
    await expect(contains).to_have_text("Contains gluten.")
    await page.get_by_label("Soy milk").check()
    await expect(page.get_by_label("Oat milk")).not_to_be_checked()
    await expect(contains).to_have_text("Contains soy.")
    await page.get_by_label("Soy milk").uncheck()
    await expect(contains).to_contain_text("Contains milk.")
    await page.get_by_label("Oat milk").check()
    await add.click()

    await page.locator("#cart-bar").click()
    await expect(page.locator("#cart-lines")).to_contain_text("Contains gluten")
    await expect(page.locator("#cart-lines .warn")).to_have_count(0)
    await page.locator("#name").fill("Without")
    await page.locator("#place").click()
    order = (await staff.get(f"/orders/{await order_of(page)}")).json()
    assert order["items"][0]["modifiers"] == ["oat-milk"]
    await expect(page.locator("main")).to_contain_text("Caffè latte, Oat milk. Contains gluten.")


async def test_pages_and_the_domain_find_the_same_allergens(look: Look) -> None:
    found = await look.page.evaluate(
        """async (cases) => {
          const { contents } = await import("/pages/0/allergens.js");
          return cases.map(([item, ids]) => contents(item, ids));
        }""",
        [[case.shown(), case.chosen] for case in ALLERGEN_CASES],
    )
    expected = [{"contains": [*c.contains], "traces": [*c.traces]} for c in ALLERGEN_CASES]
    assert found == expected


async def test_an_order_is_placed_by_keyboard_alone(look: Look, staff: httpx.AsyncClient) -> None:
    page = look.page
    await page.locator("#item-croissant").focus()
    await page.keyboard.press("Enter")
    await page.locator("#item-latte").focus()
    await page.keyboard.press("Enter")
    await expect(page.get_by_label("Medium")).to_be_focused()
    await page.keyboard.press("Escape")
    await expect(page.locator("#item-latte")).to_be_focused()
    await page.locator("#cart-bar").focus()
    await page.keyboard.press("Enter")
    await page.locator("#name").focus()
    await page.keyboard.type("Keys")
    await page.keyboard.press("Enter")
    order_id = await order_of(page)
    items = (await staff.get(f"/orders/{order_id}")).json()["items"]
    assert [item["item"] for item in items] == ["croissant"]


async def test_an_order_is_followed_live_until_it_is_ready_and_ordered_again(
    shop: RunningShop, browser: Browser, staff: httpx.AsyncClient
) -> None:
    order = (await staff.post("/orders", json=ORDER)).json()
    url = f"{shop.url}/o/{order['id']}"
    async with looking(browser, url, language="de", scheme="dark", width=390) as look:
        page = look.page
        await expect(page.locator(".number")).to_have_text(order["number"])
        await expect(page.locator("#lines .how")).to_have_text("Large, Oat milk")
        await expect(page.locator("#connection")).to_have_text("Live")
        await page.get_by_label("Sag mir, wenn es fertig ist").check()
        await expect(page.locator("#state")).to_have_text("Fertig", timeout=60_000)
        await expect(page.locator("#note")).to_contain_text("Zeig deine Nummer")
        await expect(page.locator("#timeline li")).to_have_count(3)
        assert (await page.title()).startswith("Fertig! ")
        assert await look.violations() == []
        assert await look.layout_shifts() == []
        await staff.post(f"/orders/{order['id']}/collect")
        await expect(page.locator("#state")).to_have_text("Abgeholt")
        await page.locator("#again").click()
        await expect(page.locator("#cart-lines strong")).to_have_text("Caffè latte")
        assert [c for c in look.complaints if not re.search(r"/live_worker\.js$", c)] == []


async def test_an_order_is_canceled_after_a_question_and_the_reason_of_staff_is_told(
    shop: RunningShop, browser: Browser, staff: httpx.AsyncClient
) -> None:
    ahead = [(await staff.post("/orders", json=ORDER)).json()["id"] for _ in range(6)]
    mine, theirs = ahead[-2:]
    async with looking(browser, f"{shop.url}/o/{mine}", width=390) as look:
        page = look.page
        await page.locator("#cancel").click()
        await page.get_by_role("dialog").get_by_role("button", name="Cancel order").click()
        await expect(page.locator("#state")).to_have_text("Canceled")
        await expect(page.locator("#cancel")).to_be_hidden()
        await reaches(staff, mine, "canceled")
        await page.goto(f"{shop.url}/o/{theirs}")
        await staff.post(f"/orders/{theirs}/cancel", json={"reason": "No <i>milk</i>"})
        await expect(page.locator("#note")).to_contain_text("Reason: No <i>milk</i>.")
        assert await look.violations() == []
        await page.goto(shop.url)
        await expect(page.locator("#my-orders .banner")).to_have_count(0)


async def test_a_cancel_without_a_connection_or_answer_says_so_and_what_became_of_it(
    shop: RunningShop, browser: Browser, staff: httpx.AsyncClient
) -> None:
    ahead = [(await staff.post("/orders", json=ORDER)).json()["id"] for _ in range(6)]

    async def lose_answer(route: Route) -> None:
        await route.fetch()
        await route.abort()

    async with looking(browser, f"{shop.url}/o/{ahead[-1]}", width=390) as look:
        page = look.page
        sure = page.get_by_role("dialog").get_by_role("button", name="Cancel order")
        await page.context.set_offline(True)
        await page.locator("#cancel").click()
        await sure.click()
        await expect(page.locator("#toasts")).to_contain_text(
            "No connection. Not canceled yet. We keep trying for 20 seconds.", timeout=1500
        )
        await page.locator("#toasts").get_by_role("button", name="Stop").click()
        await expect(page.locator("#toasts")).to_contain_text("We could not reach the shop")
        await page.locator("#cancel").click()
        await sure.click()
        await page.context.set_offline(False)
        await expect(page.locator("#state")).to_have_text("Canceled")
        await reaches(staff, ahead[-1], "canceled")
        await page.goto(f"{shop.url}/o/{ahead[-2]}")
        await page.route("**/cancel", lose_answer)
        await page.locator("#cancel").click()
        await sure.click()
        await expect(page.locator("#state")).to_have_text("Canceled")
        await expect(page.locator("#cancel[aria-busy=true]")).to_have_count(0)
        await expect(page.locator(".toast.bad")).to_have_count(0)


async def test_an_unknown_order_is_a_kind_page_that_no_cache_keeps(
    shop: RunningShop, browser: Browser
) -> None:
    async with looking(browser, f"{shop.url}/o/{'x' * 26}") as look:
        await expect(look.page.locator("h1")).to_have_text("We do not know this order")
        assert await look.violations() == []
        response = await look.page.reload()
        assert response is not None
        headers = await response.all_headers()
        assert response.status == HTTPStatus.NOT_FOUND
        assert headers["cache-control"] == "no-store"
        assert headers["referrer-policy"] == "no-referrer"


async def test_times_are_the_shops_wherever_the_customer_is(
    shop: RunningShop, browser: Browser, staff: httpx.AsyncClient
) -> None:
    until = "2099-05-01T07:30:00Z"
    await staff.put("/shop", json={"state": "paused", "until": until})
    async with looking(browser, shop.url, timezone_id="Asia/Tokyo") as look:
        await expect(look.page.locator("#wait")).to_contain_text("7:30 AM")
    await staff.put("/shop", json={"state": "open"})


async def test_a_phone_shows_every_category_and_the_cart_below_what_is_told(
    shop: RunningShop, browser: Browser
) -> None:
    async with looking(browser, shop.url, language="de", width=390) as look:
        page = look.page
        await expect(page.get_by_role("link", name="Gebäck")).to_be_in_viewport(ratio=1)
        await put_latte(page)
        await page.locator("#fewer-0").click()
        await page.locator("#close-cart").click()
        await page.locator("#item-croissant").click()
        await expect(page.locator("#cart-bar")).to_be_visible()
        toast = await page.locator(".toast").bounding_box()
        bar = await page.locator("#cart-bar").bounding_box()
        assert toast is not None
        assert bar is not None
        assert toast["y"] + toast["height"] <= bar["y"]


async def test_the_button_that_adds_an_item_is_in_sight_however_long_its_sheet_is(
    look: Look,
) -> None:
    page = look.page
    await page.set_viewport_size({"width": 390, "height": 640})
    await page.locator("#item-latte").click()
    await expect(page.locator("#sheet .primary")).to_be_in_viewport(ratio=1)
    await page.locator("#note").focus()
    await expect(page.locator("#note")).to_be_in_viewport(ratio=1)
