"""The photo worker as a process of its own: `python -m worker.photos`."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import psutil
import pytest_asyncio

from tests.support.emulator import free_port
from tests.support.notifier import NO_TLS
from tests.support.photo_shop import PhotoShop, open_photo_shop
from tests.support.photo_worker import photo_worker
from tests.support.pictures import encoded, noisy, photo


@pytest_asyncio.fixture
async def shop(ministack: str, tmp_path: Path) -> AsyncIterator[PhotoShop]:
    async with open_photo_shop(ministack, tmp_path) as shop:
        yield shop


async def decided(shop: PhotoShop, count: int, item: str = "latte") -> list[str]:
    async with asyncio.timeout(40):
        while len(states := await shop.states(item)) < count:  # noqa: ASYNC110 - as eventually
            await asyncio.sleep(0.05)
    return states


async def test_it_works_on_uploads_and_passes_over_what_is_none(shop: PhotoShop) -> None:
    await shop.queue.send('{"Service":"Amazon S3","Event":"s3:TestEvent","Bucket":"b"}')
    for poison in ("{", "x" * 100_000, '{"Records": []}'):
        await shop.queue.send(poison)
    await shop.send(await shop.upload(photo()))
    await shop.send(await shop.upload(b"<svg/>"))
    async with photo_worker(shop.settings) as process:
        assert sorted(await decided(shop, 2)) == ["refused", "shown"]
        await eventually_settled(shop)
        process.terminate()
        async with asyncio.timeout(10):
            assert await process.wait() == 0
    assert len(await shop.dead_letters()) == 4


async def test_it_is_ready_on_its_own_port(shop: PhotoShop) -> None:
    port = free_port()
    async with (
        photo_worker(shop.settings, COFFEE_WORKER_PORT=str(port)),
        asyncio.timeout(20),
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", verify=NO_TLS) as client,
    ):
        while True:
            try:
                ready = await client.get("/readyz")
            except httpx.ConnectError:
                await asyncio.sleep(0.05)
                continue
            break
        assert ready.status_code == 200, ready.text


async def test_killed_while_it_renders_it_leaves_the_upload_to_the_next_one(
    shop: PhotoShop,
) -> None:
    await shop.send(await shop.upload(encoded(noisy(5000, 4000), quality=70)))
    async with photo_worker(shop.settings) as process:
        renderers = await children_of(process)
        process.send_signal(signal.SIGKILL)
        await process.wait()
    assert await shop.states() == []
    _, alive = await asyncio.to_thread(psutil.wait_procs, renderers, 15)
    assert not alive  # they have lost their worker
    async with photo_worker(shop.settings):
        assert await decided(shop, 1) == ["shown"]


async def test_asked_to_stop_it_finishes_what_it_has_begun(shop: PhotoShop) -> None:
    await shop.send(await shop.upload(encoded(noisy(5000, 4000), quality=70)))
    async with photo_worker(shop.settings) as process:
        await children_of(process)
        process.terminate()
        async with asyncio.timeout(20):
            assert await process.wait() == 0
    assert await shop.states() == ["shown"]
    assert await shop.photos.uploads() == []


async def children_of(process: asyncio.subprocess.Process) -> list[psutil.Process]:
    """Wait until it renders."""
    async with asyncio.timeout(30):
        while not (found := psutil.Process(process.pid).children()):  # noqa: ASYNC110 - as eventually
            await asyncio.sleep(0.01)
    return found


async def eventually_settled(shop: PhotoShop) -> None:
    async with asyncio.timeout(20):
        while sum(await shop.queue.waiting_and_in_flight()):  # noqa: ASYNC110 - as eventually
            await asyncio.sleep(0.05)
