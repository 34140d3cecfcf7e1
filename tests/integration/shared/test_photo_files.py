"""The folder of photos: killed writers, full disks, poor file systems, clocks that go back."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import fcntl
import itertools
import json
import os
import stat
import subprocess
import sys
import time
from pathlib import Path
from typing import NoReturn

import pytest

from shared.domain.photo import is_later
from shared.photos.contract import PhotosUnavailableError, Rendition, UploadedFile
from shared.photos.files import FilePhotoStore
from tests.chaos.small_disk import small_disk
from tests.support.mounts import needs_mounting
from tests.support.photo_writer import BODY, PHOTO, RENDITIONS

ROOM = 64 * 1024
JPEG = Rendition("fallback.jpg", "image/jpeg", bytes(ROOM))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "state" / "photos"


@pytest.fixture
def store(folder: Path) -> FilePhotoStore:
    return FilePhotoStore(folder, "main")


async def upload(store: FilePhotoStore, body: bytes, after: str = "") -> UploadedFile:
    async with store.new_upload("latte") as writer:
        await writer.write(body)
        return await writer.commit(after)


def everything(folder: Path) -> list[Path]:
    return list(folder.rglob("*"))


def files(folder: Path) -> list[Path]:
    return [path for path in everything(folder) if path.is_file()]


def writers(folder: Path) -> list[tuple[Path, list[str], bool]]:
    """Have writers killed at each step; give folder, calls, and whether it was killed, of each."""
    command = [sys.executable, "-m", "tests.support.photo_writer", str(folder)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60)
    reports = map(json.loads, done.stdout.splitlines())
    return [(Path(each["folder"]), each["lines"], each["killed"]) for each in reports]


async def test_a_writer_killed_at_any_step_leaves_each_file_whole_or_not_at_all(
    tmp_path: Path,
) -> None:
    reports = writers(tmp_path)
    assert len(reports) > 30
    assert [killed for _, _, killed in reports] == [True] * (len(reports) - 1) + [False]
    for folder, lines, _ in reports:
        acknowledged = {line.split()[1] for line in lines if line.startswith("acknowledged")}
        store = FilePhotoStore(folder, "main")
        await store.open()
        uploads = [
            await store.read_upload("latte", each.version_id) for each in await store.uploads()
        ]
        kept = [await store.get(PHOTO, each.name) for each in RENDITIONS]

        assert uploads in ([], [BODY])
        assert uploads or "uploaded" not in acknowledged or "put" in acknowledged
        assert not (uploads and "deleted" in acknowledged)
        for rendition, found in zip(RENDITIONS, kept, strict=True):
            assert found in (None, rendition.body)
            assert found is not None or "put" not in acknowledged
        assert list((folder / "drafts").glob("*")) == []
        await upload(store, b"the next one")
        assert len(await store.uploads("latte")) == len(uploads) + 1


def test_nothing_is_acknowledged_before_it_and_all_folders_above_it_are_synced(
    tmp_path: Path,
) -> None:
    folder, lines, _ = writers(tmp_path)[-1]
    uploaded, put, deleted = (
        lines.index(f"acknowledged {what}") for what in ("uploaded", "put", "deleted")
    )
    above = [folder.parent, folder, folder / "uploads", folder / "uploads" / "main"]
    latte, photos = above[-1] / "latte", folder / "shops" / "main" / "photos"

    (link,) = (n for n, line in enumerate(lines[:uploaded]) if line.startswith("link"))
    draft = lines[link].split()[1]
    assert f"fsync {draft}" in lines[:link]
    assert f"write {draft}" not in lines[lines.index(f"fsync {draft}") : link]
    assert {f"fsync {each}" for each in (*above, latte)} <= set(lines[link:uploaded])
    links = [n for n, line in enumerate(lines) if line.startswith("link") and uploaded < n < put]
    assert len(links) == len(RENDITIONS)
    for n in links:
        assert lines[n].replace("link", "fsync") in lines[uploaded:n]
    synced = {
        f"fsync {each}"
        for each in (folder.parent, folder, *photos.parents[:2], photos, photos / PHOTO)
    }
    assert synced <= set(lines[links[-1] : put])
    assert f"fsync {latte}" in lines[put:deleted]


@needs_mounting
async def test_a_full_disk_is_told_leaves_nothing_half_and_is_forgotten_when_there_is_room(
    tmp_path: Path,
) -> None:
    with small_disk(tmp_path / "disk", 1) as disk:
        store = FilePhotoStore(disk.folder / "photos", "main")
        first = await upload(store, b"before")
        disk.fill()
        with pytest.raises(PhotosUnavailableError, match="No space left on device"):
            await upload(store, bytes(ROOM))
        with pytest.raises(PhotosUnavailableError, match="No space left on device"):
            await store.put(PHOTO, [JPEG])

        assert await store.uploads() == [first]
        assert await store.get(PHOTO, JPEG.name) is None
        assert list((disk.folder / "photos" / "drafts").iterdir()) == []
        disk.make_room()
        assert await upload(store, bytes(ROOM)) in await store.uploads()
        await store.put(PHOTO, [JPEG])
        assert await store.get(PHOTO, JPEG.name) == JPEG.body


async def test_an_upload_whose_name_cannot_be_made_durable_is_refused_and_is_not_there(
    store: FilePhotoStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    fsync = os.fsync

    def broken(descriptor: int) -> None:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", broken)
    with pytest.raises(PhotosUnavailableError, match="Input/output error"):
        await upload(store, b"a picture")

    assert await store.uploads() == []


async def test_a_folder_that_is_away_with_the_one_above_it_is_not_made(folder: Path) -> None:
    """Another state folder would be in its way when it comes back."""
    store = FilePhotoStore(folder, "main", with_parents=False)
    with pytest.raises(PhotosUnavailableError):
        await upload(store, BODY)
    with pytest.raises(PhotosUnavailableError):
        await store.put(PHOTO, RENDITIONS)
    assert not folder.parent.exists()

    folder.parent.mkdir()
    await upload(store, BODY)
    await store.put(PHOTO, RENDITIONS)
    assert await store.get(PHOTO, RENDITIONS[0].name) == RENDITIONS[0].body


async def test_an_upload_that_breaks_off_leaves_nothing(
    store: FilePhotoStore, folder: Path
) -> None:
    with contextlib.suppress(ConnectionResetError):
        async with store.new_upload("latte") as writer:
            await writer.write(b"half a pict")
            raise ConnectionResetError

    assert await store.uploads() == []
    assert files(folder) == []


async def test_an_upload_that_is_cancelled_in_mid_write_leaves_nothing(
    store: FilePhotoStore, folder: Path
) -> None:
    writing = asyncio.Event()

    async def uploading() -> None:
        async with store.new_upload("latte") as writer:
            writing.set()
            while True:
                await writer.write(bytes(1000))

    task = asyncio.create_task(uploading())
    await writing.wait()
    task.cancel()
    await asyncio.wait([task])

    assert task.cancelled()
    assert files(folder) == []


async def test_a_start_removes_no_draft_of_a_writer_that_is_at_work(
    store: FilePhotoStore, folder: Path
) -> None:
    (folder / "drafts").mkdir(parents=True)
    left = folder / "drafts" / "left"
    left.write_bytes(b"half")
    async with store.new_upload("latte") as writer:
        await writer.write(b"a ")
        await FilePhotoStore(folder, "main").open()
        await writer.write(b"picture")
        uploaded = await writer.commit()

    assert not left.exists()
    assert await store.read_upload("latte", uploaded.version_id) == b"a picture"


def lacking(*_: object, **__: object) -> NoReturn:
    raise OSError(errno.EPERM, os.strerror(errno.EPERM))


async def test_a_file_system_without_links_and_locks_does(
    store: FilePhotoStore, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "link", lacking)
    monkeypatch.setattr(fcntl, "flock", lacking)
    async with store.new_upload("latte") as writer:
        await writer.write(b"a picture")
        await FilePhotoStore(folder, "main").open()
        uploaded = await writer.commit("F" * 12)
    later = await upload(store, b"another", "F" * 12)
    old, new = folder / "drafts" / "old", folder / "drafts" / "new"
    for draft in (old, new):
        draft.write_bytes(b"half")
    os.utime(old, (0, 0))
    await store.open()

    assert await store.uploads() == [uploaded, later]
    assert files(folder / "drafts") == [new]

    await store.put(PHOTO, [JPEG])
    (photo,) = await store.photos()
    await store.delete(photo)  # somebody may be putting it
    assert await store.get(PHOTO, JPEG.name) == JPEG.body


async def test_a_photo_whose_folder_is_deleted_just_before_it_is_locked_is_put_whole(
    store: FilePhotoStore, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flock, there = fcntl.flock, folder / "shops" / "main" / "photos" / PHOTO

    def after_the_other_process(descriptor: int, operation: int) -> None:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            monkeypatch.setattr(fcntl, "flock", flock)
            there.rmdir()
        flock(descriptor, operation)

    monkeypatch.setattr(fcntl, "flock", after_the_other_process)
    await store.put(PHOTO, RENDITIONS)

    for each in RENDITIONS:
        assert await store.get(PHOTO, each.name) == each.body


async def test_the_latest_upload_has_the_greatest_sequencer_whatever_the_clock_says(
    store: FilePhotoStore, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = await upload(store, b"first")
    monkeypatch.setattr(time, "time_ns", lambda: 10**18)
    deleted = await upload(store, b"looked at at once")
    await store.delete_upload("latte", deleted.version_id)
    second = await upload(store, b"second")
    third = await upload(FilePhotoStore(folder, "main"), b"by another process")
    await store.delete_upload("latte", third.version_id)
    fourth = await upload(FilePhotoStore(folder, "main"), b"after a start", third.version_id)
    fifth = await upload(store, b"after a move from S3", "F0055AED6DCD90281E5")

    order = [each.version_id for each in (first, deleted, second, third, fourth, fifth)]
    assert all(is_later(b, a) for a, b in itertools.pairwise(order))
    assert is_later(fifth.version_id, "F0055AED6DCD90281E5")


async def test_processes_that_upload_at_once_for_one_item_take_no_name_twice(
    folder: Path,
) -> None:
    stores = [FilePhotoStore(folder, "main") for _ in range(4)]
    ahead = "F" * 10
    bodies = [f"picture {n}".encode() for n in range(40)]
    found = await asyncio.gather(
        *(upload(stores[n % 4], body, ahead) for n, body in enumerate(bodies))
    )

    assert len({each.version_id for each in found}) == len(bodies)
    listed = await FilePhotoStore(folder, "main").uploads()
    read = [await stores[0].read_upload("latte", each.version_id) for each in listed]
    assert sorted(filter(None, read)) == sorted(bodies)


async def test_a_listing_is_bounded_and_begins_with_the_oldest_and_knows_what_is_no_upload(
    store: FilePhotoStore, folder: Path
) -> None:
    for item in ("latte", "mocha"):
        above = folder / "uploads" / "main" / item
        above.mkdir(parents=True)
        for name in (".DS_Store", "0" * 17, "x" * 18, "0018ec4af10917f7a1"):
            (above / name).touch()
    (folder / "uploads" / "main" / ".DS_Store").touch()
    for number in range(1002):
        item = "mocha" if number % 2 else "latte"
        (folder / "uploads" / "main" / item / f"{number:018X}").touch()

    found = await store.uploads()

    assert [int(each.version_id, 16) for each in found] == list(range(1000))
    assert [each.item_id for each in found[:2]] == ["latte", "mocha"]
    assert len(await store.uploads("mocha")) == 501


async def test_photos_are_their_owners_alone(store: FilePhotoStore, folder: Path) -> None:
    await upload(store, b"a picture")
    await store.put(PHOTO, RENDITIONS)

    modes = {path: path.stat().st_mode & 0o077 for path in [folder, *everything(folder)]}
    assert len(modes) == 12
    assert set(modes.values()) == {0}
