"""Photos that cannot be read hold up nobody but who asks for them, and these not for long."""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
from collections.abc import Iterator
from pathlib import Path

import aiohttp

from producer.photos.files import MISS_SECONDS, MOST_WAITING, PhotoFiles
from shared.photos.contract import Rendition
from shared.photos.files import FilePhotoStore
from shared.web.limits import WebLimits
from tests.support.cashier import open_cashier, settings_for
from tests.support.waiting import eventually

PHOTO, NAME = f"{9:032x}", "320.webp"


@contextlib.contextmanager
def unreadable(folder: Path) -> Iterator[None]:
    """Have who reads the photo wait for the other end of a pipe, for as long as the block lasts."""
    pipe = folder / "photos" / "shops" / "main" / "photos" / PHOTO / NAME
    pipe.parent.mkdir(parents=True)
    os.mkfifo(pipe)
    try:
        yield
    finally:
        writer = os.open(pipe, os.O_RDWR)
        pipe.unlink()
        os.close(writer)


async def test_an_order_is_placed_at_once_while_no_photo_can_be_read(
    ministack: str, tmp_path: Path
) -> None:
    limits = WebLimits(requests_at_once=MOST_WAITING + 8)
    settings = settings_for(ministack, tmp_path)
    async with open_cashier(settings, limits=limits) as cashier:
        with unreadable(tmp_path):
            client = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))

            async def ask() -> tuple[int, str | None]:
                async with client.get(f"{cashier.url}/photos/{PHOTO}/{NAME}") as response:
                    return response.status, response.headers.get("Retry-After")

            async with client:
                started = time.monotonic()
                asked = [asyncio.create_task(ask()) for _ in range(2 * MOST_WAITING)]
                await eventually(lambda: sum(each.done() for each in asked) == MOST_WAITING)
                assert (await cashier.place()).status == 201
                assert not all(each.done() for each in asked)
                assert set(await asyncio.gather(*asked)) == {(503, "5")}
                assert time.monotonic() - started < 10


async def test_a_photo_that_is_not_there_is_looked_for_again_after_some_seconds(
    tmp_path: Path,
) -> None:
    now, store = 100.0, FilePhotoStore(tmp_path, "main")
    files = PhotoFiles(store, monotonic=lambda: now)
    assert await files.get(PHOTO, NAME) is None
    await store.put(PHOTO, [Rendition(NAME, "image/webp", b"RIFF")])
    assert await files.get(PHOTO, NAME) is None
    now += MISS_SECONDS
    assert await files.get(PHOTO, NAME) == b"RIFF"
