"""What became of each item's uploads: of two who decide at once, one does and one is told."""

from __future__ import annotations

import asyncio
import datetime as dt
from dataclasses import replace

import pytest

from shared.domain.change import Change, Changed
from shared.domain.photo import Photo, PhotoRecord, Upload, UploadState, decide, take_off
from shared.store.contract import Store
from shared.store.photo_contract import PhotoChangedError
from tests.contract.conftest import OpenStore
from tests.contract.orders import NOON, in_isolation

PHOTO = Photo(
    hash="0123456789abcdef" * 2,
    width=4032,
    height=3024,
    widths=(320, 640, 1280),
    color="#a1b2c3",
    placeholder="data:image/webp;base64,UklGRg==",
    likeness="00ff00ff00ff00ff",
    size=5_000_000,
    labels=("Coffee Cup", "Café \n ☕"),
    flags=("Alcohol",),
)


def upload(number: int, *, good: bool = True) -> Upload:
    at = NOON + dt.timedelta(milliseconds=number)
    if good:
        return Upload(f"{number:018X}", at, UploadState.SHOWN, photo=PHOTO)
    return Upload(f"{number:018X}", at, UploadState.REFUSED, "not a picture")


def record(item_id: str, *numbers: int) -> PhotoRecord:
    decided = PhotoRecord(item_id)
    for number in numbers:
        decided = decide(decided, upload(number))
    return decided


def change(detail: str) -> Change:
    return Change(NOON, "ada", Changed.PHOTOS, detail)


async def details(store: Store) -> list[str]:
    return [one.detail for one in (await store.changes(100)).changes]


async def test_an_item_without_uploads_has_an_empty_record(store: Store) -> None:
    assert await store.photo_record("latte") == PhotoRecord("latte")
    assert list(await store.photo_records()) == []


async def test_every_process_reads_a_record_as_it_was_written(
    store: Store, second_store: Store
) -> None:
    shown = record("latte", 1)
    refused = decide(shown, upload(2, good=False))
    taken_off = take_off(refused)
    for one in (shown, refused, taken_off):
        await store.replace_photo_record(one)
        assert await second_store.photo_record("latte") == one
    assert [each.version for each in (shown, refused, taken_off)] == [1, 2, 3]


@pytest.mark.parametrize("version", [0, 1, 2, 4, 999])
async def test_a_record_that_does_not_follow_the_one_before_is_refused(
    store: Store, version: int
) -> None:
    await store.replace_photo_record(record("latte", 1))
    second = record("latte", 1, 2)
    await store.replace_photo_record(second)
    with pytest.raises(PhotoChangedError):
        await store.replace_photo_record(replace(record("latte", 9), version=version), change("9"))
    assert await store.photo_record("latte") == second
    assert await details(store) == []


async def test_the_first_record_has_version_one(store: Store) -> None:
    with pytest.raises(PhotoChangedError):
        await store.replace_photo_record(record("latte", 1, 2), change("2"))
    assert await store.photo_record("latte") == PhotoRecord("latte")
    assert await details(store) == []


@in_isolation
@pytest.mark.parametrize("there_is_one", [False, True])
async def test_of_several_who_decide_at_once_one_does_and_the_others_are_told(
    store: Store, second_store: Store, *, there_is_one: bool
) -> None:
    before = PhotoRecord("latte")
    if there_is_one:
        before = record("latte", 100)
        await store.replace_photo_record(before)
    drafts = [decide(before, upload(number)) for number in range(6)]
    writes = [
        (store, second_store)[number % 2].replace_photo_record(draft, change(str(number)))
        for number, draft in enumerate(drafts)
    ]
    outcomes = await asyncio.gather(*writes, return_exceptions=True)

    written = [draft for draft, raised in zip(drafts, outcomes, strict=True) if raised is None]
    assert [type(raised) for raised in outcomes].count(PhotoChangedError) == 5
    assert written == [await second_store.photo_record("latte")]
    assert len(await details(store)) == 1


async def test_a_change_is_recorded_with_the_record(store: Store, second_store: Store) -> None:
    await store.replace_photo_record(record("latte", 1))
    await store.replace_photo_record(take_off(record("latte", 1)), change("latte: taken off"))
    assert await details(second_store) == ["latte: taken off"]


async def test_the_records_of_all_items_are_listed_by_item_id(
    store: Store, second_store: Store
) -> None:
    records = [record(item, 1, 2) for item in ("tea", "latte", "latte-2", "americano")]
    for one in records:
        first = replace(record(one.item_id, 1), version=1)
        await store.replace_photo_record(first)
        await store.replace_photo_record(one)
    listed = await second_store.photo_records()
    assert list(listed) == sorted(records, key=lambda one: one.item_id)
    assert await second_store.photo_versions() == {one.item_id: 2 for one in records}


async def test_one_shop_does_not_see_the_photos_of_another(
    store: Store, open_shop: OpenStore, shop_id: str
) -> None:
    await store.replace_photo_record(record("latte", 1))
    async with open_shop(f"{shop_id}-elsewhere") as elsewhere:
        assert list(await elsewhere.photo_records()) == []
        assert await elsewhere.photo_versions() == {}
        await elsewhere.replace_photo_record(record("latte", 7))
    assert await store.photo_record("latte") == record("latte", 1)
