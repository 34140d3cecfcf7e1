"""The photo store: in a folder, and in a bucket of ministack's S3."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import itertools
import os
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Protocol, TypeAlias

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from shared.aws.clients import aws_clients
from shared.domain.photo import LARGEST_UPLOAD
from shared.photos.contract import (
    BrokenUploadError,
    PhotoStore,
    PhotosUnavailableError,
    Rendition,
    StoredPhoto,
)
from shared.photos.factory import open_photo_store
from shared.photos.files import FilePhotoStore, UploadTooLargeError
from shared.photos.s3 import S3PhotoStore
from shared.runtime.settings import ServiceSettings
from shop.processes.provision import provision_shop
from tests.support.emulator import free_port
from tests.support.s3 import post, s3_settings

PHOTO, OTHER = "0123456789abcdef" * 2, "f" * 32
WEBP = Rendition("320.webp", "image/webp", b"a webp")
JPEG = Rendition("fallback.jpg", "image/jpeg", b"a jpeg")
NAMES_OF_NOTHING = ["", "..", ".", "../latte", "latte/..", "/etc/passwd", "LATTE", "a" * 41, "a\n"]

_buckets = itertools.count(1)


class OpenPhotos(Protocol):
    """Opens the store of the shop of that id, in the one folder or bucket of the test."""

    def __call__(self, store_id: str) -> AbstractAsyncContextManager[Store]: ...


Store: TypeAlias = FilePhotoStore | S3PhotoStore


@contextlib.asynccontextmanager
async def opened(settings: ServiceSettings) -> AsyncIterator[Store]:
    async with aws_clients(settings) as clients, open_photo_store(settings, clients) as store:
        yield store


@pytest.fixture(params=["folder", "bucket"])
async def open_photos(request: pytest.FixtureRequest, tmp_path: Path) -> OpenPhotos:
    if request.param == "folder":
        return lambda store_id: opened(ServiceSettings(state_dir=tmp_path, store_id=store_id))
    endpoint: str = request.getfixturevalue("ministack_s3")
    bucket = f"contract-{next(_buckets)}"
    await provision_shop(s3_settings(endpoint, bucket))
    return lambda store_id: opened(s3_settings(endpoint, bucket, store_id=store_id))


@pytest.fixture
async def store(open_photos: OpenPhotos) -> AsyncIterator[Store]:
    async with open_photos("main") as opened_store:
        yield opened_store


async def upload(store: Store, item_id: str, body: bytes) -> None:
    """Upload a file in the way of the store: by its form, or as the cashier does."""
    if isinstance(store, S3PhotoStore):
        assert await post(await store.form(item_id), body) == 204
        return
    async with store.new_upload(item_id) as writer:
        await writer.write(body[:1])
        await writer.write(body[1:])
        await writer.commit()


async def contents(store: PhotoStore, item_id: str | None = None) -> list[bytes | None]:
    return [
        await store.read_upload(each.item_id, each.version_id)
        for each in await store.uploads(item_id)
    ]


async def test_an_empty_store_has_nothing(store: Store) -> None:
    await store.check()

    assert await store.uploads() == []
    assert await store.uploads("latte") == []
    assert await store.read_upload("latte", "0" * 18) is None
    assert await store.get(PHOTO, "320.webp") is None


async def test_an_upload_is_listed_with_its_item_size_and_time_and_read_until_it_is_deleted(
    store: Store,
) -> None:
    before = dt.datetime.now(dt.UTC)
    await upload(store, "latte", b"a picture")
    (found,) = await store.uploads()

    assert (found.item_id, found.size) == ("latte", 9)
    assert abs(found.at - before) < dt.timedelta(seconds=30)
    assert found.at.utcoffset() == dt.timedelta(0)
    assert await store.read_upload("latte", found.version_id) == b"a picture"
    await store.delete_upload("latte", found.version_id)
    assert await store.read_upload("latte", found.version_id) is None
    assert await store.uploads() == []
    await store.delete_upload("latte", found.version_id)


async def test_a_later_upload_takes_nothing_from_an_earlier_one_of_its_item(store: Store) -> None:
    bodies = [b"first", b"second", b"third"]
    for body in bodies:
        await upload(store, "latte", body)
    assert await contents(store, "latte") == bodies

    first, second, third = await store.uploads("latte")
    await store.delete_upload("latte", third.version_id)
    assert await contents(store) == bodies[:2]
    await store.delete_upload("latte", first.version_id)
    assert await store.uploads() == [second]


async def test_an_item_whose_id_begins_like_anothers_has_its_own_uploads(store: Store) -> None:
    for item in ("latte", "latte-2", "latt"):
        await upload(store, item, item.encode())

    assert await contents(store, "latte") == [b"latte"]
    assert sorted(each.item_id for each in await store.uploads()) == ["latt", "latte", "latte-2"]
    (found,) = await store.uploads("latte")
    assert await store.read_upload("latte-2", found.version_id) is None


async def test_shops_that_share_a_store_see_only_their_own_uploads(
    open_photos: OpenPhotos, store: Store
) -> None:
    async with open_photos("main-2") as other:
        await upload(store, "latte", b"ours")
        await upload(other, "latte", b"theirs")

        assert await contents(store) == [b"ours"]
        assert await contents(other) == [b"theirs"]


async def test_shops_that_share_a_store_each_have_their_own_photos(
    open_photos: OpenPhotos, store: Store
) -> None:
    async with open_photos("main-2") as other:
        await store.put(PHOTO, [WEBP])
        assert await other.get(PHOTO, "320.webp") is None


async def test_what_one_process_writes_another_one_sees(
    open_photos: OpenPhotos, store: Store
) -> None:
    await upload(store, "latte", b"a picture")
    await store.put(PHOTO, [WEBP])
    async with open_photos("main") as again:
        assert await contents(again) == [b"a picture"]
        assert await again.get(PHOTO, "320.webp") == b"a webp"


async def test_renditions_are_kept_under_their_hash_and_putting_them_again_changes_nothing(
    store: Store,
) -> None:
    await store.put(PHOTO, [WEBP])
    await asyncio.gather(*(store.put(PHOTO, [WEBP, JPEG]) for _ in range(3)))

    assert await store.get(PHOTO, "320.webp") == b"a webp"
    assert await store.get(PHOTO, "fallback.jpg") == b"a jpeg"
    assert await store.get(PHOTO, "640.webp") is None
    assert await store.get(OTHER, "320.webp") is None
    assert await store.uploads() == []


@pytest.fixture
def age(tmp_path: Path) -> Callable[[], None]:
    """Have all photos as if they were put long ago; of S3's nobody can change the time."""

    def aged() -> None:
        for folder in (tmp_path / "photos").glob("shops/*/photos/*"):
            os.utime(folder, (0, 0))

    return aged


async def test_photos_are_listed_by_hash_in_pages_with_the_time_at_which_they_were_put(
    store: Store,
) -> None:
    before = dt.datetime.now(dt.UTC)
    hashes = [character * 32 for character in "059af"]
    await asyncio.gather(*(store.put(each, [WEBP, JPEG]) for each in hashes))
    found: list[StoredPhoto] = []
    while page := await store.photos(found[-1].hash if found else "", most=3):
        found += page
        assert len(found) <= len(hashes)

    assert [each.hash for each in found] == hashes
    assert all(abs(each.at - before) < dt.timedelta(seconds=30) for each in found)
    assert {each.at.utcoffset() for each in found} == {dt.timedelta(0)}
    assert list(await store.photos()) == found


async def test_a_photo_is_deleted_with_all_its_renditions_and_no_other_shops(
    open_photos: OpenPhotos, store: Store
) -> None:
    async with open_photos("main-2") as other:
        assert await other.photos() == []
        for each in (store, other):
            await each.put(PHOTO, [WEBP])
        await store.put(PHOTO, [WEBP, JPEG])
        await store.put(OTHER, [WEBP])
        await upload(store, "latte", b"a picture")
        photo, kept = await store.photos()
        for _ in range(2):
            await store.delete(photo)

        assert [await store.get(PHOTO, each.name) for each in (WEBP, JPEG)] == [None, None]
        assert await store.photos() == [kept]
        assert await store.get(OTHER, "320.webp") == await other.get(PHOTO, "320.webp") == b"a webp"
        assert await contents(store) == [b"a picture"]


async def test_a_photo_that_is_put_again_after_it_was_listed_is_not_deleted(
    store: Store, age: Callable[[], None]
) -> None:
    await store.put(PHOTO, [WEBP, JPEG])
    age()
    (photo,) = await store.photos()
    await store.put(PHOTO, [WEBP, JPEG])
    await store.delete(photo)

    assert await store.get(PHOTO, "320.webp") == b"a webp"
    assert await store.get(PHOTO, "fallback.jpg") == b"a jpeg"
    (again,) = await store.photos()
    assert again.at >= photo.at


async def test_a_photo_that_is_put_while_it_is_deleted_is_whole_afterwards(
    open_photos: OpenPhotos, store: Store, age: Callable[[], None]
) -> None:
    async with open_photos("main") as worker:
        for _ in range(20):
            await store.put(PHOTO, [WEBP, JPEG])
            age()
            (photo,) = await store.photos()
            await asyncio.gather(
                worker.put(PHOTO, [JPEG, WEBP]), store.delete(photo), store.delete(photo)
            )

            assert await store.get(PHOTO, "320.webp") == b"a webp"
            assert await store.get(PHOTO, "fallback.jpg") == b"a jpeg"


async def test_a_name_that_is_no_items_finds_nothing_and_writes_nothing(store: Store) -> None:
    await upload(store, "latte", b"a picture")
    (found,) = await store.uploads()

    for name in NAMES_OF_NOTHING:
        assert await store.uploads(name) == ()
        assert await store.read_upload(name, found.version_id) is None
        await store.delete_upload(name, found.version_id)
        assert await store.get(PHOTO, name) is None
        assert await store.get(name, "320.webp") is None
        with pytest.raises(ValueError, match="no rendition is called"):
            await store.put(PHOTO, [WEBP, Rendition(name, "image/webp", b"")])
        with pytest.raises(ValueError, match="no rendition is called"):
            await store.put(name, [WEBP])
        with pytest.raises(ValueError, match="no item is called"):
            await upload(store, name, b"x")
    assert await store.get(PHOTO, "320.webp") is None
    assert await store.uploads() == [found]


async def test_a_version_that_there_is_not_is_gone(store: Store) -> None:
    await upload(store, "latte", b"a picture")

    for version in ("", "..", "../latte", "no-version", "0" * 18, "é", "x" * 1000):
        assert await store.read_upload("latte", version) is None
        await store.delete_upload("latte", version)
    assert await contents(store) == [b"a picture"]


async def test_the_largest_upload_is_taken_whole_and_a_byte_more_is_refused(store: Store) -> None:
    await upload(store, "latte", bytes(LARGEST_UPLOAD))
    if isinstance(store, S3PhotoStore):
        assert await post(await store.form("mocha"), bytes(LARGEST_UPLOAD + 1)) == 400
    else:
        with pytest.raises(UploadTooLargeError):
            await upload(store, "mocha", bytes(LARGEST_UPLOAD + 1))

    (found,) = await store.uploads()
    assert (found.item_id, found.size) == ("latte", LARGEST_UPLOAD)
    read = await store.read_upload("latte", found.version_id)
    assert read is not None
    assert len(read) == LARGEST_UPLOAD


async def test_uploads_at_once_of_one_item_are_all_there(store: Store) -> None:
    bodies = [f"picture {number}".encode() for number in range(20)]
    await asyncio.gather(*(upload(store, "latte", body) for body in bodies))

    found = await store.uploads("latte")
    assert len({each.version_id for each in found}) == 20
    assert sorted(filter(None, await contents(store))) == sorted(bodies)


@pytest.mark.parametrize(
    "where",
    [
        ServiceSettings(state_dir=Path("/proc/version")),
        s3_settings(f"http://127.0.0.1:{free_port()}", "nowhere"),
    ],
    ids=["folder", "bucket"],
)
async def test_a_store_out_of_reach_says_so_whatever_it_is_asked(where: ServiceSettings) -> None:
    async with aws_clients(where) as clients:
        store: PhotoStore = (
            S3PhotoStore(clients.s3, "nowhere", "main")
            if clients.s3 is not None
            else FilePhotoStore(where.photos_dir, "main")
        )
        calls = [
            store.check(),
            store.uploads(),
            store.read_upload("latte", "0" * 18),
            store.delete_upload("latte", "0" * 18),
            store.put(PHOTO, [WEBP]),
            store.get(PHOTO, "320.webp"),
            store.photos(),
            store.delete(StoredPhoto(PHOTO, dt.datetime.now(dt.UTC), (("key", "version"),))),
        ]
        results = await asyncio.gather(*calls, return_exceptions=True)

    assert [type(each) for each in results] == [PhotosUnavailableError] * len(calls)


@pytest.mark.parametrize("code", ["AccessDenied", "KMS.DisabledException"])
async def test_an_object_that_s3_refuses_to_give_is_broken_and_the_store_is_not(code: str) -> None:
    async def refuse(_: web.Request) -> web.Response:
        body = f"<Error><Code>{code}</Code><Message>no</Message></Error>"
        return web.Response(status=403, text=body, content_type="application/xml")

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", refuse)
    async with (
        TestServer(app) as server,
        opened(s3_settings(str(server.make_url("")).rstrip("/"), "coffee-photos")) as s3,
    ):
        with pytest.raises(BrokenUploadError, match=code):
            await s3.read_upload("latte", "version")
        with pytest.raises(BrokenUploadError, match=code):
            await s3.delete_upload("latte", "version")
        with pytest.raises(PhotosUnavailableError):
            await s3.check()
