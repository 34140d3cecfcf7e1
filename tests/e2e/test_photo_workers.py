"""Photo workers come for a photo; they are watched and replaced, no baristas, and end in order."""

from __future__ import annotations

import json
from pathlib import Path

import httpx
import pytest

from tests.chaos.processes import read_log
from tests.support.pictures import photo
from tests.support.shop import RunningShop, open_shop
from tests.support.waiting import eventually, gone, until

pytestmark = pytest.mark.timeout(120)

MODULE = "worker.photos"
SHOWN = (0, "The photo of latte is on the menu.\n")


async def baristas(shop: RunningShop) -> int:
    async with httpx.AsyncClient(base_url=shop.url) as client:
        return int((await client.get("/shop")).json()["baristas"])


def polling(shop: RunningShop) -> int:
    """How many photo workers have a connection to the queue."""
    return sum(bool(worker.net_connections("tcp")) for worker in shop.children(MODULE))


async def test_photo_workers_are_replaced_are_no_baristas_and_end_before_the_counter(
    tmp_path: Path,
) -> None:
    picture = tmp_path / "latte.jpg"
    async with open_shop(
        tmp_path / "var",
        COFFEE_PHOTO_WORKERS="2",
        COFFEE_BARISTAS="1",
        COFFEE_WORKER_PORT="0",
        COFFEE_WATCHDOG_SECONDS="3",
        COFFEE_LOG_FORMAT="json",
        COFFEE_LOG_LEVEL="INFO",
    ) as shop:
        assert shop.children(MODULE) == []
        picture.write_bytes(photo())
        assert await shop.command("photos", "upload", "latte", str(picture)) == SHOWN
        await eventually(lambda: polling(shop) == 2, 20)
        ports = [worker.environ()["COFFEE_WORKER_PORT"] for worker in shop.children(MODULE)]
        assert ports == ["", ""], "those that follow a barista's are baristas'"
        killed, frozen = shop.children(MODULE)
        killed.kill()
        frozen.suspend()
        await eventually(lambda: gone(killed.pid) and gone(frozen.pid), 15)
        await eventually(lambda: polling(shop) == 2, 20)

        async def there_is_one_barista() -> bool:
            return await baristas(shop) == 1

        await until(there_is_one_barista, 20)
        status, printed = await shop.command("scale", "--json")
        assert (status, json.loads(printed)["working"]) == (0, 1)
        assert await shop.close() == 0
    log = [*read_log(shop.log)]
    silent = [line["child"] for line in log if line.get("event") == "child.not_responding"]
    stopped = [line for line in log if line.get("event") == "child.stopped"]
    assert silent in (["photos-1"], ["photos-2"])
    assert [line["ending"] for line in stopped] == ["exit 0"] * 5
    assert [line["child"] for line in stopped][3:] == ["counter", "emulator"]
