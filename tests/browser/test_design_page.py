"""The page `/design` and the parts of the look on it, in a real browser under their policies."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from shared.web.application import create_app
from shared.web.pages.design.service import design_service
from shared.web.pages.texts import LANGUAGES
from shared.web.server import serve
from tests.support.chromium import NEEDS_CHROMIUM, chromium
from tests.support.looking import PAGE_BYTES, SCHEMES, Scheme, looking

pytestmark = [*NEEDS_CHROMIUM, pytest.mark.asyncio(loop_scope="module")]

BASE_BYTES = 35 * 1024
"""The style sheet and all modules that pages share."""

SHARED_MODULES = ("dom", "text", "format", "toast", "dialog", "http", "store", "visible")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def url() -> AsyncIterator[str]:
    app = create_app([design_service()], title="Coffee shop", staff_key="a key for staff")
    stop, listening = asyncio.Event(), asyncio.get_running_loop().create_future()
    serving = asyncio.create_task(
        serve(app, stop=stop, grace_seconds=1, on_listening=listening.set_result)
    )
    yield f"{await listening}/design"
    stop.set()
    await serving


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as browser:
        yield browser


async def open_all_layers(page: Page) -> None:
    await page.locator("#show-toast").click()
    await page.locator("#show-failure").click()
    await page.locator("#open-sheet").click()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("scheme", SCHEMES)
async def test_every_part_is_accessible_and_stays_where_it_is(
    url: str, browser: Browser, scheme: Scheme, language: str
) -> None:
    async with looking(
        browser, url, scheme=scheme, language=language, reduced_motion="reduce"
    ) as look:
        await expect(look.page.locator("html")).to_have_attribute("lang", language)
        assert await look.violations() == []
        await open_all_layers(look.page)
        assert await look.violations() == []
        await look.page.keyboard.press("Escape")
        await look.page.locator("#ask").click()
        assert await look.violations() == []
        assert await look.layout_shifts() == []
        assert look.complaints == []


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("width", [320, 390, 820, 1440])
async def test_no_part_is_wider_than_a_phone_or_400_percent_zoom(
    url: str, browser: Browser, width: int, language: str
) -> None:
    async with looking(browser, url, width=width, language=language) as look:
        assert not await look.is_wider_than_its_window()


async def test_what_can_be_tapped_is_44_pixels_high(url: str, browser: Browser) -> None:
    async with looking(browser, url, width=390) as look:
        heights = await look.page.evaluate(
            "Object.fromEntries([...document.querySelectorAll("
            "'button, .bar a, .tabs a, input:not(.chip input, .check input), select, .chip, .check'"
            ")].filter((one) => one.offsetParent)"
            ".map((one) => [one.outerHTML.slice(0, 90), one.getBoundingClientRect().height]))"
        )
    assert len(heights) > 20
    assert {part: height for part, height in heights.items() if height < 44} == {}


async def test_the_base_of_all_pages_is_small_and_is_asked_for_once(
    url: str, browser: Browser
) -> None:
    async with looking(browser, url) as look:
        await look.page.wait_for_load_state("networkidle")
        sent = await look.own_bytes()
        assert sum(sent.values()) <= PAGE_BYTES, sent
        module = next(path for path in sent if path.endswith("/dom.js"))
        names = ("design.css", *(f"{name}.js" for name in SHARED_MODULES))
        sizes = await look.page.evaluate(
            "(urls) => Promise.all(urls.map(async (url) =>"
            " (await (await fetch(url)).arrayBuffer()).byteLength))",
            [module.replace("dom.js", name) for name in names],
        )
        assert sum(sizes) <= BASE_BYTES, dict(zip(names, sizes, strict=True))

        await look.page.reload()
        cached = await look.page.evaluate(
            "performance.getEntriesByType('resource').map((one) => one.transferSize)"
        )
        assert len(cached) > 4
        assert set(cached) == {0}


async def test_the_switch_changes_the_language_and_is_remembered(
    url: str, browser: Browser
) -> None:
    async with looking(browser, url) as look:
        await look.page.get_by_role("link", name="DE").click()
        await expect(look.page.locator("h1")).to_have_text("Gestaltung")
        await expect(look.page.locator("#formats")).to_contain_text("in 4")
        await expect(look.page.locator("td[data-price]").first).to_have_text("537,60\xa0€")
        await look.page.goto(url)
        await expect(look.page.locator("html")).to_have_attribute("lang", "de")
        assert look.complaints == []


async def test_dialogs_and_notes_work_by_keyboard_alone(url: str, browser: Browser) -> None:
    async with looking(browser, url) as look:
        page, keys = look.page, look.page.keyboard
        await page.locator("#ask").focus()
        await keys.press("Enter")
        question = page.get_by_role("dialog", name="Cancel this order?")
        await expect(question.get_by_role("button", name="Keep it")).to_be_focused()
        await keys.press("Escape")
        await expect(question).to_have_count(0)
        await expect(page.locator("#ask")).to_be_focused()

        await page.locator("#show-toast").focus()
        await keys.press("Enter")
        await page.get_by_role("button", name="Undo").press("Enter")
        await expect(page.locator("#toasts")).to_have_text("Order 042 is back.")


async def test_reduced_motion_moves_nothing(url: str, browser: Browser) -> None:
    async with looking(browser, url, reduced_motion="reduce") as look:
        await open_all_layers(look.page)
        moving = await look.page.evaluate(
            "document.getAnimations().filter((one) => one.playState === 'running')"
            ".flatMap((one) => one.effect.getKeyframes().flatMap(Object.keys))"
        )
        assert {"translate", "scale", "transform"} & set(moving) == set()


async def test_hostile_text_stays_text(url: str, browser: Browser) -> None:
    hostile = "<img src=x onerror=alert(1)>{count}</script>\u202e"
    async with looking(browser, url) as look:
        shown = await look.page.evaluate(
            """async (text) => {
              const { el } = await import("/assets/0/dom.js");
              const { toast } = await import("/assets/0/toast.js");
              const made = el("p", { title: text }, text, [text]);
              toast(text);
              return [made.textContent, made.children.length, made.title];
            }""",
            hostile,
        )
        assert shown == [hostile * 2, 0, hostile]
        await expect(look.page.locator("#toasts p")).to_have_text(hostile)
        assert look.complaints == []
