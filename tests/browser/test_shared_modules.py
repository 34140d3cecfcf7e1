"""The modules that pages share, in a real browser against a server that misbehaves."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import web
from playwright.async_api import Browser, Page

from producer.http.pages.shell import SHELL
from shared.web.pages.assets import SHARED_ASSETS
from tests.support.chromium import NEEDS_CHROMIUM, chromium

pytestmark = [*NEEDS_CHROMIUM, pytest.mark.asyncio(loop_scope="module")]

PAGE = """<!doctype html><html lang="de"><script type="application/json" id="shared">{"texts":
{"problem": {"offline": "offline", "unanswered": "unanswered", "broken": "broken {status}"}}}
</script></html>"""

REQUEST = """async ([method, path, options]) => {
  const { request } = await import("/assets/0/http.js");
  try { return { answer: await request(method, path, options) }; } catch (error) {
    const { status, kind, title, detail, errors, retryAfter } = error;
    return { status, kind, title, detail, errors, retryAfter };
  }
}"""


class Server:
    """Gives the answers that it was told to, then 200; an answer of 0 cuts the connection."""

    def __init__(self) -> None:
        self.answers: list[tuple[int, dict[str, Any] | str, dict[str, str]]] = []
        self.asked: list[web.Request] = []
        self.url = ""

    def app(self) -> web.Application:
        app, assets = web.Application(), SHARED_ASSETS.operation()
        app.router.add_get("/", self._page)
        app.router.add_get(assets.path, assets.handler)
        app.router.add_route("*", "/asked", self._answer)
        return app

    def will_answer(self, *statuses: int, headers: dict[str, str] | None = None) -> None:
        self.asked.clear()
        problem = {"type": "/problems/no", "title": "No", "detail": "not now", "errors": []}
        self.answers = [(status, problem, headers or {}) for status in statuses]

    async def _page(self, _: web.Request) -> web.Response:
        return web.Response(text=PAGE, content_type="text/html")

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(request)
        status, body, headers = self.answers.pop(0) if self.answers else (200, {"ok": True}, {})
        if status == 0 and request.transport is not None:
            request.transport.abort()
        if status == 1:
            await asyncio.sleep(5)
        if isinstance(body, str):
            return web.Response(status=status, text=body)
        return web.json_response(body, status=max(status, 200), headers=headers)


@pytest_asyncio.fixture(loop_scope="module")
async def server() -> AsyncIterator[Server]:
    server = Server()
    runner = web.AppRunner(server.app(), shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    server.url = f"http://127.0.0.1:{runner.addresses[0][1]}/"
    yield server
    await runner.cleanup()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as browser:
        yield browser


@pytest_asyncio.fixture(loop_scope="module")
async def page(server: Server, browser: Browser) -> AsyncIterator[Page]:
    context = await browser.new_context()
    page = await context.new_page()
    await page.goto(server.url)
    yield page
    await context.close()


async def asked(page: Page, method: str, options: dict[str, Any] | None = None) -> Any:
    return await page.evaluate(REQUEST, [method, "/asked", options or {}])


@pytest.mark.parametrize(
    ("method", "options", "statuses", "requests"),
    [
        ("GET", {}, (503, 0), 3),
        ("POST", {"body": {}, "key": "k"}, (0, 502), 3),
        ("GET", {}, (503, 503, 503), 3),
        ("GET", {}, (404,), 1),
        ("POST", {"body": {}}, (503,), 1),
        ("DELETE", {}, (503,), 1),
    ],
)
async def test_only_what_may_be_sent_twice_is_sent_again(
    server: Server,
    page: Page,
    method: str,
    options: dict[str, Any],
    statuses: Sequence[int],
    requests: int,
) -> None:
    server.will_answer(*statuses)
    result = await asked(page, method, options)
    assert len(server.asked) == requests
    if requests > len(statuses):
        assert result == {"answer": {"ok": True}}
        keys = {one.headers.get("Idempotency-Key") for one in server.asked}
        assert keys == {options.get("key")}
    else:
        assert result["status"] == statuses[-1]


async def test_a_problem_says_what_is_wrong(server: Server, page: Page) -> None:
    server.will_answer(409, headers={"Retry-After": "90"})
    assert await asked(page, "POST", {"body": {}}) == {
        "status": 409,
        "kind": "no",
        "title": "No",
        "detail": "not now",
        "errors": [],
        "retryAfter": 90,
    }
    server.answers = [(500, "<h1>gateway</h1>", {})]
    assert (await asked(page, "POST", {"body": {}}))["title"] == "broken 500"


async def test_a_busy_shop_that_asks_for_patience_is_not_asked_again_at_once(
    server: Server, page: Page
) -> None:
    server.will_answer(503, headers={"Retry-After": "30"})
    assert (await asked(page, "GET"))["retryAfter"] == 30
    assert len(server.asked) == 1


async def test_a_request_ends_when_no_answer_comes(server: Server, page: Page) -> None:
    server.will_answer(1)
    result = await asked(page, "POST", {"body": {}, "timeoutMs": 200})
    assert (result["status"], result["title"]) == (0, "unanswered")


STORED = """([value]) => import("/assets/0/store.js").then(({ stored }) => {
  self.kept = stored("cart", [], (read) => Array.isArray(read));
  self.heard = [];
  self.kept.follow((now) => self.heard.push(now));
  if (value !== null) self.kept.set(value);
  return self.kept.get();
})"""


async def test_what_is_kept_outlives_a_reload_and_is_told_to_other_tabs(
    server: Server, page: Page
) -> None:
    other = await page.context.new_page()
    await other.goto(server.url)
    await other.evaluate(STORED, [None])
    assert await page.evaluate(STORED, [["latte"]]) == ["latte"]
    await other.wait_for_function("self.heard.length === 1")
    assert await other.evaluate("[self.heard, self.kept.get()]") == [[["latte"]], ["latte"]]
    await page.reload()
    assert await page.evaluate(STORED, [None]) == ["latte"]
    await other.close()


@pytest.mark.parametrize("text", ["{", "null", '{"a": 1}', '"latte"'])
async def test_what_somebody_else_stored_there_is_not_used(page: Page, text: str) -> None:
    await page.evaluate("(text) => localStorage.setItem('coffee:cart', text)", text)
    assert await page.evaluate(STORED, [None]) == []


async def test_a_browser_that_stores_nothing_keeps_it_while_the_page_is_open(page: Page) -> None:
    await page.evaluate(
        "Storage.prototype.setItem = () => { throw new DOMException('x', 'QuotaExceededError'); };"
        " 0"
    )
    assert await page.evaluate(STORED, [["tea"]]) == ["tea"]


async def test_prices_and_spans_are_written_as_the_language_does(page: Page) -> None:
    written = await page.evaluate(
        """() => import("/assets/0/format.js").then(({ price, duration, fromNow }) => [
          price(520, "EUR"), price(520, "JPY"), price(1234567, "USD"), price(5200, "KWD"),
          duration(75), duration(-1), fromNow(new Date(180000), new Date(0)),
        ])"""
    )
    assert [text.replace("\xa0", " ") for text in written] == [
        *("5,20 €", "520 ¥", "12.345,67 $", "5,200 KWD", "1:15", "0:00", "in 3 Min."),
    ]


RULES = """(text) => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(text);
  return [...sheet.cssRules].map((rule) => rule.cssText);
}"""


async def test_style_sheets_mean_as_they_are_sent_what_they_mean_as_they_are_written(
    page: Page,
) -> None:
    for assets in (SHARED_ASSETS, SHELL.assets):
        for name in (name for name in assets.files if name.endswith(".css")):
            written = (assets.folder / name).read_text(encoding="utf-8")
            sent = assets.files[name].decode()
            assert await page.evaluate(RULES, sent) == await page.evaluate(RULES, written), name
