"""A page as it is looked at: in a colour scheme and a language, with all that it does wrong."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import urljoin, urlsplit

from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Page, Request

Scheme = Literal["light", "dark"]
SCHEMES: tuple[Scheme, ...] = ("light", "dark")

PAGE_BYTES = 60 * 1024
"""What a page may have of its own, uncompressed: itself, style sheets, modules, drawings."""

_OWN_KINDS = frozenset({"document", "stylesheet", "script"})

_QUIET_MS = 300
"""What would shift the page comes with answers, for which there is no signal of all of them."""

_SHIFTS = """
self.shifts = [];
const rect = ({ x, y, width, height }) => [x, y, width, height].map(Math.round).join(" ");
new PerformanceObserver((list) => {
  for (const entry of list.getEntries().filter((one) => !one.hadRecentInput)) {
    const moved = entry.sources.map(({ node, previousRect, currentRect }) => {
      const element = node instanceof Element ? node : node?.parentElement;
      const name = element ? element.cloneNode().outerHTML : "gone";
      return `${name} from ${rect(previousRect)} to ${rect(currentRect)}`;
    });
    self.shifts.push(`${entry.value} at ${Math.round(entry.startTime)} ms: ${moved.join("; ")}`);
  }
}).observe({ type: "layout-shift", buffered: true });
"""


@dataclass
class Look:
    """A page in one browser context, and what is wrong with it.

    `complaints` are console messages, errors, failed requests and requests to other hosts.
    """

    page: Page
    complaints: list[str] = field(default_factory=list)
    finished: list[Request] = field(default_factory=list)

    async def violations(self) -> list[str]:
        """What axe-core finds, with the places."""
        found = (await Axe().run(self.page)).response["violations"]
        return [f"{one['id']}: {[node['target'] for node in one['nodes']]}" for one in found]

    async def show_in(self, scheme: Scheme) -> None:
        """Change the colour scheme, at once: where motion is reduced, no colour fades."""
        await self.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")

    async def layout_shifts(self) -> list[str]:
        """What has moved that nobody moved by a tap or a key; there should be nothing."""
        return list(await self.page.evaluate("self.shifts"))

    async def own_bytes(self) -> dict[str, int]:
        """How many bytes the page and each of its files have, by path; no photos, no JSON."""
        sizes = dict[str, int]()
        for request in self.finished:
            path = urlsplit(request.url).path
            if request.resource_type in _OWN_KINDS or path.endswith(".svg"):
                response = await request.response()
                if response and not request.redirected_to:
                    sizes[path] = len(await response.body())
        return sizes

    async def is_settled(self) -> None:
        """Wait until nothing on the page is busy: what was asked for is shown."""
        await self.page.wait_for_function(
            "() => !document.querySelector('main [aria-busy=true]')"
            " && performance.getEntriesByType('resource').length"
        )
        await self.page.wait_for_timeout(_QUIET_MS)

    async def is_wider_than_its_window(self) -> bool:
        """Whether it scrolls sideways."""
        script = "document.documentElement.scrollWidth > innerWidth"
        return bool(await self.page.evaluate(script))


async def sign_in(context: BrowserContext, url: str, staff_key: str) -> None:
    """Begin a session in a browser as the sign-in page does."""
    headers = {"Authorization": f"Bearer {staff_key}", "Sec-Fetch-Site": "same-origin"}
    answer = await context.request.put(urljoin(url, "/staff/session"), headers=headers)
    assert answer.ok, await answer.text()


@contextlib.asynccontextmanager
async def looking(
    browser: Browser,
    url: str,
    *,
    scheme: Scheme = "light",
    language: str = "en",
    width: int = 1440,
    staff_key: str | None = None,
    **options: Any,
) -> AsyncIterator[Look]:
    """Open a page, signed in with a staff key if one is given, and wait until it has loaded."""
    context = await browser.new_context(
        color_scheme=scheme, locale=language, viewport={"width": width, "height": 900}, **options
    )
    await context.add_init_script(_SHIFTS)
    look = Look(await context.new_page())
    own = urlsplit(url).netloc
    if staff_key:
        await sign_in(context, url, staff_key)

    def console(message: ConsoleMessage) -> None:
        look.complaints.append(f"{message.type}: {message.text}")

    def asked_for(request: Request) -> None:
        if urlsplit(request.url).netloc != own:
            look.complaints.append(f"another host was asked for {request.url}")

    def finished(request: Request) -> None:
        look.finished.append(request)

    look.page.on("console", console)
    look.page.on("pageerror", lambda error: look.complaints.append(str(error)))
    look.page.on("requestfailed", lambda failed: look.complaints.append(f"failed: {failed.url}"))
    look.page.on("request", asked_for)
    look.page.on("requestfinished", finished)
    try:
        await look.page.goto(url)
        yield look
    finally:
        await context.close()
