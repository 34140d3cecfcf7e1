"""The demonstration as it happens, as an animation for the README."""

from __future__ import annotations

import asyncio
import io
import tempfile
from collections.abc import Sequence
from pathlib import Path

from PIL import Image
from playwright.async_api import Browser, Page

from tests.support.looking import looking
from tests.support.shop import open_shop

_FRAME_SECONDS = 1.0
_BEFORE_FAULTS = 2
_SHOWN_MS = 700
_LAST_MS = 6000
_MOST_FRAMES = 90
_WIDTH = 900
_FAULTS = ("kill-barista", "freeze-sqs", "kill-everything")


async def film_demonstration(browser: Browser, path: Path) -> None:
    """Run the load with each fault in a shop of its own, and write what the page showed."""
    with tempfile.TemporaryDirectory() as folder:
        async with (
            open_shop(Path(folder) / "var", COFFEE_BREW_SPEED="80", COFFEE_BARISTAS="3") as shop,
            looking(
                browser, f"{shop.url}/staff/operations", width=1100, staff_key=shop.staff_key
            ) as look,
        ):
            await look.is_settled()
            frames = await _film(look.page)
    _write(frames, path)


async def _film(page: Page) -> Sequence[bytes]:
    """Fire one fault after the other, and take a picture each second until it is proven."""
    section, faults = page.locator("#demonstration"), list(_FAULTS)
    frames = list[bytes]()
    await _tap(page, "load")
    while not await page.locator(".evidence").count() and len(frames) < _MOST_FRAMES:
        await asyncio.sleep(_FRAME_SECONDS)
        frames.append(await section.screenshot())
        if (
            faults
            and len(frames) > _BEFORE_FAULTS
            and await page.locator(f"[data-act={faults[0]}]").is_enabled()
        ):
            await _tap(page, faults.pop(0))
    return [*frames, await section.screenshot()]


async def _tap(page: Page, act: str) -> None:
    await page.locator(f"[data-act={act}]").click()
    if act in {"load", "kill-everything"}:
        await page.locator("dialog button[value=yes]").click()


def _write(frames: Sequence[bytes], path: Path) -> None:
    """Write the animation; each picture is as high as the highest."""
    pictures = [Image.open(io.BytesIO(frame)).convert("RGB") for frame in frames]
    height = max(picture.height for picture in pictures) * _WIDTH // pictures[0].width
    film = []
    for picture in pictures:
        small = picture.resize((_WIDTH, picture.height * _WIDTH // picture.width))
        canvas = Image.new("RGB", (_WIDTH, height), picture.getpixel((1, 1)))
        canvas.paste(small, (0, 0))
        film.append(canvas)
    shown = [*[_SHOWN_MS] * (len(film) - 1), _LAST_MS]
    film[0].save(
        path, "WEBP", save_all=True, append_images=film[1:], duration=shown, loop=0, quality=70
    )
