"""Chromium, as a person's browser: what it complains of is collected."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, ConsoleMessage, Page, Request, async_playwright, expect

CHROMIUM = shutil.which("chromium")

NEEDS_CHROMIUM = [
    pytest.mark.timeout(120),
    pytest.mark.skipif(
        CHROMIUM is None and "COFFEE_TESTS_SKIP_NOTHING" not in os.environ,
        reason="chromium is not installed",
    ),
]


_APPEARS_WITHIN_MS = 15_000
"""Four browsers at once may keep a page waiting for longer than the 5 s that Playwright allows."""


@contextlib.asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """Run a browser."""
    expect.set_options(timeout=_APPEARS_WITHIN_MS)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        try:
            yield browser
        finally:
            await browser.close()


@contextlib.asynccontextmanager
async def browsing(url: str) -> AsyncIterator[tuple[Page, list[str]]]:
    """Give a page, and a list that collects its errors and warnings."""
    async with chromium() as browser:
        page = await browser.new_page()
        complaints: list[str] = []

        def console(message: ConsoleMessage) -> None:
            if message.type in {"error", "warning"}:
                complaints.append(message.text)

        def asked_for(request: Request) -> None:
            if not request.url.startswith((f"{url}/", "data:")):
                complaints.append(f"another host was asked for {request.url}")

        page.on("console", console)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", asked_for)
        yield page, complaints
