"""Pixels of drawings, by Chromium."""

from __future__ import annotations

import shutil
from collections.abc import Mapping

from playwright.async_api import async_playwright

from artwork.svg import HEIGHT, WIDTH

_ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking")


class ChromiumMissingError(Exception):
    """There is no Chromium."""


async def screenshots(drawings: Mapping[str, str]) -> Mapping[str, bytes]:
    """Return each drawing as PNG; raises ChromiumMissingError."""
    chromium = shutil.which("chromium")
    if chromium is None:
        raise ChromiumMissingError("Drawing needs Chromium (on Debian: apt install chromium).")
    found = {}
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=list(_ARGUMENTS))
        page = await browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
        for name, svg in drawings.items():
            await page.set_content(f"<style>body{{margin:0}}svg{{display:block}}</style>{svg}")
            found[name] = await page.screenshot(timeout=120_000)
        await browser.close()
    return found
