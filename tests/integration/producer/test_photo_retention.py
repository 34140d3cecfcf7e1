"""Photos that no record names any more are deleted, and no others."""

from __future__ import annotations

import asyncio
import datetime as dt
import itertools
import os
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from producer.photos.opening import our_photos
from producer.photos.retention import UNNAMED_FOR, PhotoRetention
from shared.aws.clients import aws_clients
from shared.clock import utc_now
from shared.domain.photo import KEPT_UPLOADS, PhotoRecord, Upload, UploadState, decide, take_off
from shared.photos.contract import PhotoStore, Rendition
from shared.photos.factory import open_photo_store
from shared.photos.files import FilePhotoStore
from shared.runtime.settings import ServiceSettings
from shared.store.contract import Store
from shared.store.sqlite.store import open_sqlite_store
from shop.processes.provision import provision_shop
from tests.support.cashier import open_cashier, settings_for
from tests.support.s3 import s3_settings

RENDITIONS = [Rendition("320.webp", "image/webp", b"a webp")]
LATER = UNNAMED_FOR + dt.timedelta(minutes=5)

_buckets = itertools.count(1)


@pytest.fixture
async def records(tmp_path: Path) -> AsyncIterator[Store]:
    async with open_sqlite_store(tmp_path / "orders.sqlite3", "main") as store:
        yield store


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "photos" / "shops" / "main" / "photos"


@pytest.fixture
def files(tmp_path: Path) -> FilePhotoStore:
    return FilePhotoStore(tmp_path / "photos", "main")


@pytest.fixture(params=["folder", "bucket"])
async def photos(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[PhotoStore]:
    settings = ServiceSettings(state_dir=tmp_path)
    if request.param == "bucket":
        endpoint: str = request.getfixturevalue("ministack_s3")
        settings = s3_settings(endpoint, f"retention-{next(_buckets)}")
        await provision_shop(settings)
    async with aws_clients(settings) as clients, open_photo_store(settings, clients) as store:
        yield store


def retention(
    records: Store, photos: PhotoStore, ahead: dt.timedelta = LATER, most: int = 1000
) -> PhotoRetention:
    """Retention whose clock is ahead."""
    return PhotoRetention(
        records=records, photos=photos, clock=lambda: utc_now() + ahead, most=most
    )


async def hashes(photos: PhotoStore) -> list[str]:
    return [each.hash for each in await photos.photos()]


def an_upload(number: int, state: UploadState = UploadState.SHOWN) -> Upload:
    """An upload of which the photo has the number as its hash."""
    photo = replace(our_photos()["latte"], hash=f"{number:032x}")
    return Upload(f"{number + 1:018X}", utc_now(), state, photo=photo)


async def test_a_photo_is_kept_while_a_record_names_it_whatever_became_of_it(
    records: Store, photos: PhotoStore
) -> None:
    latte = decide(PhotoRecord("latte"), an_upload(0))
    await records.replace_photo_record(latte)
    for number in range(1, KEPT_UPLOADS + 1):  # one more than are kept
        latte = decide(latte, an_upload(number))
        await records.replace_photo_record(latte)
    held = decide(PhotoRecord("gone-from-the-menu"), an_upload(97, UploadState.HELD))
    await records.replace_photo_record(held)
    shown = decide(PhotoRecord("tea"), an_upload(98))
    await records.replace_photo_record(shown)
    await records.replace_photo_record(take_off(shown))
    numbers = [*range(KEPT_UPLOADS + 1), 97, 98, 99]
    for number in numbers:
        await photos.put(f"{number:032x}", RENDITIONS)

    await retention(records, photos, UNNAMED_FOR - dt.timedelta(minutes=5)).delete_unnamed()
    assert len(await hashes(photos)) == len(numbers)  # somebody may be about to name the others

    with capture_logs() as logs:
        await retention(records, photos).delete_unnamed()
    assert [int(each, 16) for each in await hashes(photos)] == numbers[1:-1]
    assert [(line["event"], line["photos"]) for line in logs] == [("renditions.deleted", 2)]


async def test_a_photo_that_is_put_again_meanwhile_is_kept_for_who_will_record_it(
    records: Store, files: FilePhotoStore, folder: Path
) -> None:
    name = f"{1:032x}"
    for _ in range(50):
        await files.put(name, RENDITIONS)
        os.utime(folder / name, (0, 0))
        now = retention(records, files, dt.timedelta(0))
        await asyncio.gather(now.delete_unnamed(), files.put(name, RENDITIONS))
        assert await files.get(name, "320.webp") == b"a webp"


async def test_some_are_deleted_in_a_round_and_the_others_in_the_next_ones(
    records: Store, photos: PhotoStore
) -> None:
    for number in range(5):
        await photos.put(f"{number:032x}", RENDITIONS)
    left = []
    for _ in range(3):
        await retention(records, photos, most=2).delete_unnamed()
        left.append(len(await hashes(photos)))

    assert left == [3, 1, 0]


async def test_many_photos_that_are_kept_do_not_hide_one_that_is_not(
    records: Store, files: FilePhotoStore, folder: Path
) -> None:
    await files.put("f" * 32, RENDITIONS)
    os.utime(folder / ("f" * 32), (0, 0))
    for number in range(1001):
        (folder / f"{number:032x}").mkdir()
    await retention(records, files, dt.timedelta(0)).delete_unnamed()

    assert not (folder / ("f" * 32)).exists()
    assert len(await files.photos(most=2000)) == 1001


async def test_a_photo_that_cannot_be_deleted_is_logged_and_keeps_no_other(
    records: Store, files: FilePhotoStore, folder: Path
) -> None:
    for number in range(3):
        await files.put(f"{number:032x}", RENDITIONS)
    (folder / f"{0:032x}" / "odd").mkdir()
    with capture_logs() as logs:
        await retention(records, files).delete_unnamed()

    assert await hashes(files) == [f"{0:032x}"]
    assert [line["event"] for line in logs] == ["renditions.not_deleted", "renditions.deleted"]
    assert logs[0]["photo"] == f"{0:032x}"


async def test_a_photo_store_that_is_away_is_logged(
    records: Store, files: FilePhotoStore, tmp_path: Path
) -> None:
    (tmp_path / "photos").write_text("no folder")
    with capture_logs() as logs:
        await retention(records, files).delete_unnamed()
    assert [line["event"] for line in logs] == ["renditions.not_deleted"]


async def test_the_cashier_deletes_photos_as_long_as_it_runs(
    ministack: str, tmp_path: Path
) -> None:
    async with open_cashier(settings_for(ministack, tmp_path)):
        assert "photo retention" in {task.get_name() for task in asyncio.all_tasks()}
