"""Opens a shop and a page of it, places orders, and samples the tab."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import httpx
from playwright.async_api import Page

from shared.runtime.lifecycle import background_task
from tests.support.chromium import chromium
from tests.support.looking import looking
from tests.support.shop import ORDER, open_shop
from tests.support.tab_memory import Held, held_by

EVERY_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Sample:
    """What the tab held after so many seconds, when so many orders had been placed."""

    seconds: float
    orders: int
    held: Held


async def watched(
    folder: Path, path: str, *, seconds: float, rate: float, show: Callable[[Sample], None]
) -> list[Sample]:
    """Keep a page open for so long while `rate` orders come each second."""
    async with (
        open_shop(folder / "var", COFFEE_BREW_SPEED="20", COFFEE_BARISTAS="4") as shop,
        httpx.AsyncClient(base_url=shop.url, headers=shop.staff) as client,
        chromium() as browser,
        looking(browser, f"{shop.url}{path}", staff_key=shop.staff_key) as look,
    ):
        placed = Placed()
        async with background_task(_place(client, rate, placed), "orders"):
            return await _sampled(look.page, seconds, placed, show)


@dataclass(slots=True)
class Placed:
    """How many orders were placed so far."""

    count: int = 0


async def _sampled(
    page: Page, seconds: float, placed: Placed, show: Callable[[Sample], None]
) -> list[Sample]:
    began, samples = time.monotonic(), list[Sample]()
    while (passed := time.monotonic() - began) < seconds:
        samples.append(Sample(round(passed, 1), placed.count, await held_by(page)))
        show(samples[-1])
        await asyncio.sleep(min(EVERY_SECONDS, seconds - passed))
    samples.append(Sample(round(passed, 1), placed.count, await held_by(page)))
    return samples


async def _place(client: httpx.AsyncClient, rate: float, placed: Placed) -> None:
    while True:
        with contextlib.suppress(httpx.HTTPError):  # for an hour, without anybody to look
            placed.count += (await client.post("/orders", json=ORDER)).is_success
        await asyncio.sleep(1 / rate)
