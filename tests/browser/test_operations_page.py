"""The operations page of a real shop, as a manager uses it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from shared.aws.clients import aws_clients
from shared.aws.names import Names
from shared.aws.queues import open_orders_queue
from tests.support.chromium import NEEDS_CHROMIUM, chromium
from tests.support.looking import Look, looking
from tests.support.shop import ORDER, RunningShop, open_shop, reaches
from tests.support.tab_memory import held_by
from tests.support.waiting import until

pytestmark = [*NEEDS_CHROMIUM, pytest.mark.asyncio(loop_scope="module")]

HOSTILE = "<img src=x onerror=alert(1)>\u202etxet"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shop(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningShop]:
    folder = tmp_path_factory.mktemp("shop") / "var"
    async with open_shop(
        folder, COFFEE_BREW_SPEED="0", COFFEE_BARISTAS="1", COFFEE_RECONCILE_SECONDS="1"
    ) as shop:
        yield shop


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def client(shop: RunningShop) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=shop.url, headers=shop.staff) as client:
        yield client


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as browser:
        yield browser


@contextlib.asynccontextmanager
async def operations(
    browser: Browser, shop: RunningShop, language: str = "en"
) -> AsyncIterator[Look]:
    url = f"{shop.url}/staff/operations"
    async with looking(browser, url, language=language, staff_key=shop.staff_key) as look:
        await look.is_settled()
        yield look


async def bury(shop: RunningShop, count: int) -> None:
    """Have tickets that nobody can read become dead letters, as a barista or SQS does."""
    settings = shop.emulator_settings()
    async with (
        aws_clients(settings) as clients,
        open_orders_queue(clients, Names(settings.name_prefix), wait_time=0) as queue,
    ):
        for _ in range(count):
            await queue.send("not JSON")


async def dead_letters(client: httpx.AsyncClient) -> int:
    return int((await client.get("/dead-letters")).json()["total"])


async def ready_so_far(client: httpx.AsyncClient) -> int:
    return int((await client.get("/operations")).json()["hour"]["ready"])


async def at_least(client: httpx.AsyncClient, count: int) -> bool:
    return await dead_letters(client) >= count


async def test_an_order_is_in_the_figures_without_a_reload(
    shop: RunningShop, client: httpx.AsyncClient, browser: Browser
) -> None:
    before = await ready_so_far(client)
    async with operations(browser, shop) as look:
        for _ in range(2):
            order = (await client.post("/orders", json=ORDER)).json()
            await reaches(client, order["id"], "ready")
        summary = look.page.locator("#summary")
        await expect(summary).to_contain_text(f"{before + 2} orders got ready")
        await look.page.locator("#charts summary").first.click()
        table = look.page.locator("#charts table").first
        await expect(table.locator("tbody tr")).to_have_count(60)
        assert sum(map(int, await table.locator("td:nth-child(2)").all_inner_texts())) == before + 2
        await expect(look.page.locator("#oldest .value")).to_have_text("None")
        await expect(look.page.locator("#workers li")).to_have_count(1)
        aws = look.page.locator("#aws")
        assert await aws.inner_text() == "", "what is below the window is not loaded yet"
        await look.page.get_by_role("heading", name="Cost on AWS").scroll_into_view_if_needed()
        await aws.scroll_into_view_if_needed()
        await expect(aws).to_contain_text("for a million orders")
        await expect(aws).to_contain_text("Counted at the counter and 1 barista")
        attempts = look.page.locator("#attempts")
        await expect(attempts).to_contain_text("Mail")
        await expect(attempts).to_contain_text("0 accepted")
        await expect(attempts).to_contain_text("Attempts since")
        assert look.complaints == []


async def test_each_term_is_explained_where_it_stands_by_keyboard(
    shop: RunningShop, browser: Browser
) -> None:
    async with operations(browser, shop, "de") as look:
        term = look.page.get_by_role("button", name="Was bedeutet: Wartend?")
        await term.focus()
        await look.page.keyboard.press("Enter")
        await expect(look.page.locator("#term-waiting")).to_be_visible()
        assert await look.violations() == []
        await look.page.keyboard.press("Escape")
        await expect(look.page.locator("#term-waiting")).to_be_hidden()
        await expect(term).to_be_focused()


async def answer_dead_letters(page: Page, ids: list[str], reason: str) -> None:
    """Have the shop list these dead letters, whatever it has."""
    letters = [{"id": one, "reason": reason} for one in ids]

    async def answer(route: object) -> None:
        await route.fulfill(json={"dead_letters": letters, "total": len(letters)})  # type: ignore[attr-defined]

    await page.route("**/dead-letters?limit=100", answer)


async def test_exactly_what_was_shown_is_redriven_after_a_dry_run_and_as_text(
    shop: RunningShop, browser: Browser
) -> None:
    async with operations(browser, shop) as look:
        sent = list[object]()

        async def redrive(route: object) -> None:
            body = route.request.post_data_json  # type: ignore[attr-defined]
            sent.append(body)
            answer = {"dry_run": "dry_run" in body, "redriven": ["a"], "refused": [], "left": 0}
            await route.fulfill(json=answer)  # type: ignore[attr-defined]

        await answer_dead_letters(look.page, ["a", "b"], HOSTILE)
        await look.page.route("**/dead-letters/redrive", redrive)
        await look.page.reload()
        letters = look.page.locator("#dead-letters")
        await letters.scroll_into_view_if_needed()
        await expect(letters).to_contain_text("<img src=x onerror=alert(1)>\\u202etxet")
        assert await letters.locator("img").count() == 0
        await answer_dead_letters(look.page, ["a", "b", "c"], HOSTILE)
        await letters.get_by_role("button", name="Redrive").click()
        dialog = look.page.get_by_role("dialog", name="Redrive 1 dead letter?")
        await expect(dialog).to_contain_text("1 more cannot be redriven")
        assert sent == [{"ids": ["a", "b"], "dry_run": True}]
        await dialog.get_by_role("button", name="Redrive").click()
        await expect(look.page.locator("#toasts")).to_contain_text("1 order is placed again.")
        assert sent[1:] == [{"ids": ["a"]}]


async def test_dead_letters_are_discarded_when_the_number_was_confirmed(
    shop: RunningShop, client: httpx.AsyncClient, browser: Browser
) -> None:
    await bury(shop, 2)
    await until(lambda: at_least(client, 2), seconds=10)
    async with operations(browser, shop) as look:
        letters = look.page.locator("#dead-letters")
        await letters.scroll_into_view_if_needed()
        await expect(letters).to_contain_text("2 \u00d7")
        await letters.get_by_role("button", name="Redrive").click()
        await expect(look.page.locator("#toasts")).to_contain_text("None of these")
        await letters.get_by_role("button", name="Discard all").click()
        dialog = look.page.get_by_role("dialog", name="Discard 2 dead letters?")
        await expect(dialog).to_be_visible()
        await look.page.keyboard.press("Escape")
        await expect(dialog).to_be_hidden()
        await expect(letters.get_by_role("button", name="Discard all")).to_be_focused()
        assert await dead_letters(client) == 2
        await letters.get_by_role("button", name="Discard all").click()
        await bury(shop, 1)
        await until(lambda: at_least(client, 3), seconds=10)
        await dialog.get_by_role("button", name="Discard all").click()
        await expect(look.page.locator("#toasts")).to_contain_text("2 dead letters are discarded")
        await expect(letters).to_contain_text("1 \u00d7")
        assert await dead_letters(client) == 1, "nobody has confirmed the one that came since"
        await letters.get_by_role("button", name="Discard all").click()
        dialog = look.page.get_by_role("dialog", name="Discard 1 dead letter?")
        await dialog.get_by_role("button", name="Discard all").click()
        await expect(letters).to_contain_text("No ticket was given up on.")
        assert await dead_letters(client) == 0
        assert look.complaints == []


async def test_a_barista_is_told_that_it_takes_a_managers_key(
    shop: RunningShop, client: httpx.AsyncClient, browser: Browser
) -> None:
    added = await client.post("/staff-keys", json={"name": "Ada", "role": "barista"})
    url, key = f"{shop.url}/staff/operations", added.json()["key"]
    async with looking(browser, url, staff_key=key) as look:
        await expect(look.page.locator("main")).to_contain_text("signed in as Ada, a barista")
        assert await look.page.locator("#figures, [data-act]").count() == 0
        assert look.complaints == []


async def test_the_demonstration_shows_that_a_fault_has_fired_and_is_over(
    shop: RunningShop, browser: Browser
) -> None:
    (worker,) = shop.children("worker")
    async with operations(browser, shop) as look:
        await look.page.get_by_role("button", name="Kill a barista").click()
        fault = look.page.locator("#demonstration .fault")
        await expect(fault).to_contain_text(f"barista-1: process {worker.pid}, SIGKILL")
        await expect(fault).to_contain_text("All processes ran again after")
        await expect(fault).to_contain_text("No order was waiting to be begun.")
        await look.page.reload()
        await expect(fault).to_contain_text(f"process {worker.pid}")
        assert await look.violations() == []
        await look.page.route("**/demonstration", lambda route: route.fulfill(status=401, json={}))
        async with look.page.expect_navigation():  # to where one signs in
            await look.page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    assert not worker.is_running()


async def test_a_tab_holds_no_more_after_hundreds_of_events(
    shop: RunningShop, client: httpx.AsyncClient, browser: Browser
) -> None:
    async with operations(browser, shop) as look:
        await place(client, look.page, 40)
        before = await held_by(look.page)
        await place(client, look.page, 300)
        after = await held_by(look.page)
        assert after.nodes <= before.nodes + 150, "rows of orders in preparation come and go"
        assert after.listeners <= before.listeners + 10
        assert after.heap <= before.heap + 500_000


async def place(client: httpx.AsyncClient, page: Page, count: int) -> None:
    """Place orders, and wait until the page has counted them as ready."""
    before = await ready_so_far(client)
    async with asyncio.TaskGroup() as group:
        for _ in range(count):
            group.create_task(client.post("/orders", json=ORDER))
    text = f"{before + count} orders got ready"
    await expect(page.locator("#summary")).to_contain_text(text, timeout=20_000)
