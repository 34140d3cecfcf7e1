"""The first start has a photo of every item; staff's own photos and decisions stay."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from producer.photos.opening import OpeningPhotos, our_photos
from shared.clock import utc_now
from shared.domain.photo import Photo, PhotoRecord, Upload, UploadState, decide
from shared.photos.files import FilePhotoStore
from shared.store.contract import Store
from shared.store.sqlite.store import open_sqlite_store
from tests.support.cashier import ServedCashier, open_cashier, settings_for
from tests.support.waiting import until

ITEMS = sorted(our_photos())


async def shown(cashier: ServedCashier) -> dict[str, Photo | None]:
    return {each.item_id: each.shown for each in await cashier.store.photo_records()}


async def all_shown(cashier: ServedCashier) -> bool:
    return sorted(await shown(cashier)) == ITEMS


def opening(store: Store, files: FilePhotoStore, *items: str) -> OpeningPhotos:
    async def item_ids() -> list[str]:
        return list(items)

    return OpeningPhotos(store=store, photos=files, item_ids=item_ids, clock=utc_now)


async def test_the_first_start_shows_a_photo_of_every_item_and_serves_all_its_renditions(
    ministack: str, tmp_path: Path
) -> None:
    async with open_cashier(settings_for(ministack, tmp_path, opening_photos=True)) as cashier:
        await until(lambda: all_shown(cashier), 10)

        async def on_the_menu() -> bool:
            menu = (await cashier.ask("GET", "/menu")).body
            return all(item["photo"] for item in menu["items"])

        await until(on_the_menu, 5)
        for item in (await cashier.ask("GET", "/menu")).body["items"]:
            photo = item["photo"]
            addresses = [part.split()[0] for part in photo["srcset"].split(", ")]
            assert len(addresses) == 3
            for address in [photo["src"], *addresses]:
                async with cashier.http.get(cashier.url.join(type(cashier.url)(address))) as got:
                    assert (got.status, await got.read() != b"") == (200, True)


async def test_a_photo_that_was_taken_off_stays_off_over_a_restart(
    ministack: str, tmp_path: Path
) -> None:
    settings = settings_for(ministack, tmp_path, opening_photos=True)
    async with open_cashier(settings) as cashier:
        await until(lambda: all_shown(cashier), 10)
        taken_off = await cashier.staff("DELETE", "/menu/items/latte/photo")
        assert taken_off.status in {200, 204}
    async with open_cashier(settings) as cashier:
        await asyncio.wait_for(_opened(cashier), 10)
        assert [item for item, photo in (await shown(cashier)).items() if not photo] == ["latte"]


async def _opened(cashier: ServedCashier) -> None:
    """Wait until the cashier has looked for items without a photo."""
    task = next((each for each in asyncio.all_tasks() if each.get_name() == "opening photos"), None)
    if task is not None:
        await asyncio.wait({task})
    assert await all_shown(cashier)


@pytest.fixture
def files(tmp_path: Path) -> FilePhotoStore:
    return FilePhotoStore(tmp_path / "photos", "main")


async def test_an_upload_before_or_after_wins_over_our_photo(
    tmp_path: Path, files: FilePhotoStore
) -> None:
    ours = our_photos()["latte"]
    theirs = replace(ours, hash="f" * 32)
    upload = Upload("0018C0E4A1B2C3D4E5", utc_now(), UploadState.SHOWN, photo=theirs)
    async with open_sqlite_store(tmp_path / "orders.sqlite3", "main") as store:
        await store.replace_photo_record(decide(PhotoRecord("tea"), upload))
        await opening(store, files, "latte", "tea").show()
        assert (await store.photo_record("latte")).shown == ours
        await store.replace_photo_record(decide(await store.photo_record("latte"), upload))

        await opening(store, files, "latte", "tea").show()

        records = await store.photo_records()
        assert [record.shown for record in records] == [theirs, theirs]


async def test_many_cashiers_that_open_at_once_record_each_photo_once(
    tmp_path: Path, files: FilePhotoStore
) -> None:
    async with open_sqlite_store(tmp_path / "orders.sqlite3", "main") as store:
        await asyncio.gather(*(opening(store, files, *ITEMS).show() for _ in range(4)))
        records = await store.photo_records()
    assert [(record.item_id, record.version) for record in records] == [(item, 1) for item in ITEMS]


async def test_an_item_of_the_owners_own_is_left_without_a_photo(
    tmp_path: Path, files: FilePhotoStore
) -> None:
    async with open_sqlite_store(tmp_path / "orders.sqlite3", "main") as store:
        await opening(store, files, "affogato", "latte").show()
        assert [record.item_id for record in await store.photo_records()] == ["latte"]


async def test_photos_that_cannot_be_stored_are_logged_and_shown_at_the_next_start(
    tmp_path: Path, files: FilePhotoStore
) -> None:
    (tmp_path / "photos").write_text("no folder")
    async with open_sqlite_store(tmp_path / "orders.sqlite3", "main") as store:
        with capture_logs() as logs:
            await opening(store, files, "latte").show()
        assert [line["event"] for line in logs] == ["photos.opening_postponed"]
        assert await store.photo_records() == []

        (tmp_path / "photos").unlink()
        await opening(store, files, "latte").show()

        photo = (await store.photo_record("latte")).shown
        assert photo is not None
        assert await files.get(photo.hash, "320.webp") is not None
