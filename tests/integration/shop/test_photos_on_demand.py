"""Photo workers come with a photo, stay while there is one, and leave when it is quiet."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest

from shared.runtime.lifecycle import background_task
from shop.photos_on_demand import PhotosOnDemand
from shop.settings import ShopSettings
from tests.support.photo_shop import PhotoShop, open_photo_shop
from tests.support.pictures import photo
from tests.support.waiting import eventually

WORKERS, QUIET_SECONDS = 2, 0.4


class Pool:
    """Workers that look at nothing, and all the numbers that there were to be of them."""

    def __init__(self, *counts: int) -> None:
        self.counts = [*counts]

    @property
    def count(self) -> int:
        return self.counts[-1]

    def scale_to(self, count: int) -> None:
        self.counts.append(count)


@pytest.fixture
async def shop(ministack: str, tmp_path: Path) -> AsyncIterator[PhotoShop]:
    async with open_photo_shop(ministack, tmp_path) as shop:
        yield shop


def on_demand(shop: PhotoShop, pool: Pool) -> AbstractAsyncContextManager[object]:
    settings = ShopSettings(
        aws_endpoint_url=shop.settings.aws_endpoint_url,
        name_prefix=shop.settings.name_prefix,
        photo_workers=WORKERS,
    )
    photos = PhotosOnDemand(settings=settings, pool=pool, quiet_seconds=QUIET_SECONDS)
    return background_task(photos.run(), "photo workers")


async def test_workers_come_with_a_photo_stay_while_it_is_in_hand_and_come_back(
    shop: PhotoShop,
) -> None:
    async with on_demand(shop, pool := Pool(0)):
        for times in (1, 2):
            await shop.send(await shop.upload(photo()))
            await eventually(lambda: pool.count == WORKERS)
            message = await shop.receive()
            await asyncio.sleep(2 * QUIET_SECONDS)
            assert pool.counts == [0, *[WORKERS, 0] * times][:-1]
            await shop.queue.delete(message)
            await eventually(lambda: pool.count == 0)


async def test_workers_that_were_there_before_the_queue_was_opened_leave_when_it_is_quiet(
    shop: PhotoShop,
) -> None:
    async with on_demand(shop, pool := Pool(WORKERS)):
        await eventually(lambda: pool.count == 0)
