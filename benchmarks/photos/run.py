"""Uploads large photos to a real shop, and measures until each is on its menu."""

from __future__ import annotations

import asyncio
import contextlib
import io
import itertools
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from statistics import median, quantiles
from typing import Any

import aiohttp
import psutil
from PIL import Image

from shared.runtime.lifecycle import background_task
from shop.client.connection import connect
from tests.support.photos import post_form
from tests.support.shop import ORDER, RunningShop, open_shop

MEGABYTES = 5
AT_ONCE = 4
_PIXELS = (4032, 3024)
_LOOK_SECONDS = 0.03
_SAMPLE_SECONDS = 0.05
_ORDER_SECONDS = 0.2
_GIVEN_UP = 60


@dataclass(frozen=True, slots=True)
class Photos:
    """Seconds from asking for the form to the photo on the menu, of photos in several runs.

    `orders_quiet` and `orders_busy` are seconds of placing an order without and with photos being
    worked on; `memory` is the most of a photo worker with its renderer, in bytes.
    """

    size: int
    in_turn: Sequence[Sequence[float]]
    at_once: Sequence[Sequence[float]]
    orders_quiet: Sequence[float]
    orders_busy: Sequence[float]
    memory: int


def p95(seconds: Sequence[float]) -> float:
    """Return the 95th percentile."""
    return quantiles(seconds, n=20, method="inclusive")[-1]


def middle(runs: Sequence[Sequence[float]], of: Callable[[Sequence[float]], float]) -> float:
    """Return the median over the runs."""
    return median(of(run) for run in runs)


async def measure(photos: int, runs: int, on_step: Callable[[str], None]) -> Photos:
    """Upload so many photos in each run, one after the other, then several at once."""
    with tempfile.TemporaryDirectory() as folder:
        async with open_shop(
            Path(folder) / "var", COFFEE_PHOTO_WORKERS="1", COFFEE_ORDERS_PER_MINUTE="0"
        ) as shop:
            bench = _Bench(shop, _jpegs())
            async with bench.connected(), bench.memory_watched():
                await bench.upload(1)
                quiet = await bench.orders_during(asyncio.sleep(photos * _ORDER_SECONDS))
                in_turn: list[list[float]] = []
                at_once: list[list[float]] = []
                busy: list[float] = []
                for run in range(1, runs + 1):
                    on_step(f"run {run}: one after the other")
                    in_turn.append(await bench.upload(photos))
                    on_step(f"run {run}: {AT_ONCE} at once")
                    busy += await bench.orders_during(bench.upload_at_once(photos, at_once))
            return Photos(bench.size, in_turn, at_once, quiet, busy, bench.memory)


@dataclass
class _Bench:
    shop: RunningShop
    jpegs: Iterator[bytes]
    size: int = 0
    memory: int = 0
    items: Iterator[str] = field(init=False)
    http: aiohttp.ClientSession = field(init=False)

    @contextlib.asynccontextmanager
    async def connected(self) -> AsyncIterator[None]:
        async with connect(self.shop.url, self.shop.staff_key) as self.http:
            async with self.http.get("menu") as response:
                self.items = itertools.cycle(
                    [item["id"] for item in (await response.json())["items"]]
                )
            yield

    @contextlib.asynccontextmanager
    async def memory_watched(self) -> AsyncIterator[None]:
        async def watch() -> None:
            while True:
                workers = self.shop.children("worker.photos")
                self.memory = max([self.memory, *map(_memory, workers)])
                await asyncio.sleep(_SAMPLE_SECONDS)

        async with background_task(watch(), "memory"):
            yield

    async def upload(self, photos: int) -> list[float]:
        return [await self._one() for _ in range(photos)]

    async def upload_at_once(self, photos: int, results: list[list[float]]) -> None:
        shares = await asyncio.gather(*(self.upload(photos // AT_ONCE) for _ in range(AT_ONCE)))
        results.append(list(itertools.chain(*shares)))

    async def orders_during(self, work: Coroutine[Any, Any, object]) -> list[float]:
        task = asyncio.create_task(work)
        placed = []
        while not task.done():
            begin = time.perf_counter()
            async with self.http.post("orders", json=ORDER) as response:
                response.raise_for_status()
            placed.append(time.perf_counter() - begin)
            await asyncio.wait([task], timeout=_ORDER_SECONDS)
        await task
        return placed

    async def _one(self) -> float:
        item, jpeg = next(self.items), next(self.jpegs)
        self.size = max(self.size, len(jpeg))
        before = await self._shown(item)
        begin = time.perf_counter()
        async with self.http.post(f"menu/items/{item}/photo") as response:
            form = await response.json()
        async with aiohttp.ClientSession() as anybody:
            sent = await post_form(anybody, form, jpeg)
        if sent.status != HTTPStatus.NO_CONTENT:
            raise RuntimeError(f"an upload was answered {sent.status}")
        async with asyncio.timeout(_GIVEN_UP):
            while await self._shown(item) == before:  # noqa: ASYNC110 - as a customer reads it
                await asyncio.sleep(_LOOK_SECONDS)
        return time.perf_counter() - begin

    async def _shown(self, item: str) -> str | None:
        async with self.http.get("menu") as response:
            items = (await response.json())["items"]
        photo = next(one["photo"] for one in items if one["id"] == item)
        return str(photo["src"]) if photo else None


def _memory(worker: psutil.Process) -> int:
    total = 0
    with contextlib.suppress(psutil.NoSuchProcess):
        for process in (worker, *worker.children(recursive=True)):
            total += process.memory_info().rss
    return total


def _jpegs() -> Iterator[bytes]:
    """Make JPEGs of MEGABYTES that differ: fine grain over a gradient, as of a phone."""
    noise = Image.effect_noise(_PIXELS, 42).convert("RGB")
    light = Image.linear_gradient("L").resize(_PIXELS).convert("RGB")
    picture = Image.blend(noise, light, 0.62)
    jpeg = min(
        (_saved(picture, quality) for quality in range(70, 98, 3)),
        key=lambda body: abs(len(body) - MEGABYTES * 10**6),
    )
    for number in itertools.count():
        comment = b"%08d" % number
        yield jpeg[:2] + b"\xff\xfe\x00\x0a" + comment + jpeg[2:]


def _saved(picture: Image.Image, quality: int) -> bytes:
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=quality)
    return file.getvalue()
