"""Photos in a backup: with the orders, of one moment, and restored where they are missing."""

from __future__ import annotations

import json
import os
import sqlite3
import tracemalloc
from collections.abc import AsyncIterator, Sequence
from contextlib import closing
from pathlib import Path

import pytest

from shared.clock import utc_now
from shared.domain.photo import PhotoRecord, Upload, UploadState, decide
from shared.photos.contract import Rendition, UploadedFile
from shared.photos.files import FilePhotoStore
from shared.store.sqlite.store import SqliteStore, open_sqlite_store
from shop.backup.copying import BackupError
from shop.backup.restoring import restore_store
from shop.backup.saving import save_store
from tests.support.command_line import Outcome, coffeeshop

HASH = "0123456789abcdef" * 2
RENDITIONS = [
    Rendition("320.webp", "image/webp", b"small"),
    Rendition("fallback.jpg", "image/jpeg", b"large" * 300_000),
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "var"


@pytest.fixture
def photos(folder: Path) -> FilePhotoStore:
    return FilePhotoStore(folder / "photos", "main")


@pytest.fixture
async def store(folder: Path) -> AsyncIterator[SqliteStore]:
    """A store that is open while it is backed up."""
    async with open_sqlite_store(folder / "orders.sqlite3", "main") as store:
        yield store


def restored_in(folder: Path) -> FilePhotoStore:
    return FilePhotoStore(folder / "photos", "main")


async def uploads(photos: FilePhotoStore, item: str, body: bytes) -> UploadedFile:
    async with photos.new_upload(item) as writer:
        await writer.write(body)
        return await writer.commit()


async def command(folder: Path, *arguments: str, **more: str) -> Outcome:
    variables = {"COFFEE_STATE_DIR": str(folder), "COLUMNS": "300", **more}
    return await coffeeshop(*arguments, **variables)


def files_in(folder: Path) -> Sequence[Path]:
    return list(folder.rglob("*"))


def tables_of(path: Path) -> Sequence[str]:
    with closing(sqlite3.connect(path)) as connection:
        return [name for (name,) in connection.execute("SELECT name FROM sqlite_master")]


@pytest.mark.usefixtures("store")
async def test_photos_and_waiting_uploads_are_in_the_one_file_and_are_restored(
    folder: Path, photos: FilePhotoStore, tmp_path: Path
) -> None:
    await photos.put(HASH, RENDITIONS)
    waiting = [await uploads(photos, item, item.encode()) for item in ("latte", "tea", "latte")]
    (folder / "photos" / "drafts").joinpath("half").write_bytes(b"half of one")
    file, fresh = tmp_path / "friday.sqlite3", tmp_path / "fresh"

    saved = await command(folder, "backup", str(file))
    restored = await command(fresh, "restore", str(file))

    assert saved.code == restored.code == 0, saved.err + restored.err
    assert "It has 1 photo and 3 uploads that wait (1.5 MB)." in saved.lines
    assert f"In {fresh}/photos/: 1 photo and 3 uploads that wait (1.5 MB)." in restored.lines
    there = restored_in(fresh)
    for rendition in RENDITIONS:
        assert await there.get(HASH, rendition.name) == rendition.body
    assert list(await there.uploads()) == waiting
    for upload in waiting:
        body = await there.read_upload(upload.item_id, upload.version_id)
        assert body == upload.item_id.encode()
    assert not list((fresh / "photos" / "drafts").iterdir())
    assert "photo_files" not in tables_of(fresh / "orders.sqlite3")
    assert (fresh / "orders.sqlite3").stat().st_size < file.stat().st_size - 1_000_000


@pytest.mark.usefixtures("store")
async def test_a_photo_that_the_folder_has_is_not_written_again(
    folder: Path, photos: FilePhotoStore, tmp_path: Path
) -> None:
    await photos.put(HASH, RENDITIONS)
    upload = await uploads(photos, "latte", b"a photo")
    file = tmp_path / "friday.sqlite3"
    assert (await command(folder, "backup", str(file))).code == 0

    other = tmp_path / "other"
    assert (await command(other, "restore", str(file))).code == 0
    kept = [other / "photos" / "shops" / "main" / "photos" / HASH / "320.webp"]
    kept.append(other / "photos" / "uploads" / "main" / "latte" / upload.version_id)
    before = [path.stat() for path in kept]
    lost = other / "photos" / "shops" / "main" / "photos" / HASH / "fallback.jpg"
    lost.unlink()
    newer = await uploads(restored_in(other), "tea", b"a newer one")

    assert (await command(other, "restore", "--force", str(file))).code == 0
    assert [path.stat() for path in kept] == before
    assert lost.read_bytes() == RENDITIONS[1].body
    assert newer in await restored_in(other).uploads()


async def test_an_upload_that_is_looked_at_during_the_backup_is_in_it_in_one_way_or_the_other(
    store: SqliteStore, folder: Path, photos: FilePhotoStore, tmp_path: Path
) -> None:
    """The photo worker records what became of it, and deletes it, while the store is copied."""
    upload = await uploads(photos, "latte", b"a photo")
    path = folder / "photos" / "uploads" / "main" / "latte" / upload.version_id
    record = decide(
        PhotoRecord("latte"), Upload(upload.version_id, utc_now(), UploadState.REFUSED, "too dark")
    )
    await store.replace_photo_record(record)
    with closing(sqlite3.connect(folder / "orders.sqlite3")) as writer, writer:
        rows = writer.execute("SELECT * FROM photo_records").fetchall()
        writer.execute("DELETE FROM photo_records")

    def look_at_it(*_: object) -> None:
        if path.exists():
            with closing(sqlite3.connect(folder / "orders.sqlite3")) as writer, writer:
                writer.executemany("INSERT INTO photo_records VALUES (?, ?, ?, ?)", rows)
            path.unlink()

    file, fresh = tmp_path / "backup", tmp_path / "fresh"
    save_store(folder / "orders.sqlite3", folder / "photos", file, look_at_it, force=False)
    assert not path.exists()
    restored = await command(fresh, "restore", str(file))

    assert restored.code == 0, restored.err
    async with open_sqlite_store(fresh / "orders.sqlite3", "main") as copy:
        recorded = (await copy.photo_record("latte")).uploads
    assert recorded or upload in await restored_in(fresh).uploads()


@pytest.mark.usefixtures("store")
async def test_photos_in_s3_are_not_in_a_backup_and_the_command_says_so(
    folder: Path, photos: FilePhotoStore, tmp_path: Path
) -> None:
    await photos.put(HASH, RENDITIONS)
    file, bucket = tmp_path / "friday.sqlite3", {"COFFEE_PHOTOS": "s3://coffee-photos"}
    saved = await command(folder, "backup", str(file), **bucket)
    assert saved.code == 0, saved.err
    assert "The photos are in s3://coffee-photos, and not in it." in saved.lines
    assert "photo_files" not in tables_of(file)

    assert (await command(folder, "backup", "--force", str(file))).code == 0
    fresh = tmp_path / "fresh"
    restored = await command(fresh, "restore", str(file), **bucket)
    assert "Not restored: 1 photo (1.5 MB), since COFFEE_PHOTOS is s3://coffee-photos." in (
        restored.lines
    )
    assert not (fresh / "photos").exists()
    assert "photo_files" not in tables_of(fresh / "orders.sqlite3")


@pytest.mark.usefixtures("store")
async def test_machines_are_told_how_many_photos_and_how_large(
    folder: Path, photos: FilePhotoStore, tmp_path: Path
) -> None:
    none = await command(folder, "backup", str(tmp_path / "none"), "--json")
    assert json.loads(none.out)["photos"] == {"pictures": 0, "uploads": 0, "bytes": 0}
    await photos.put(HASH, RENDITIONS)
    one = await command(folder, "backup", str(tmp_path / "one"), "--json")
    assert json.loads(one.out)["photos"] == {"pictures": 1, "uploads": 0, "bytes": 1_500_005}


@pytest.mark.usefixtures("store")
@pytest.mark.parametrize("name", ["../../owned", "/etc/owned", "uploads/main/latte/../../owned"])
async def test_a_backup_writes_nothing_outside_of_the_folder_of_photos(
    folder: Path, photos: FilePhotoStore, tmp_path: Path, name: str
) -> None:
    await photos.put(HASH, RENDITIONS)
    file, fresh = tmp_path / "friday.sqlite3", tmp_path / "fresh"
    assert (await command(folder, "backup", str(file))).code == 0
    with closing(sqlite3.connect(file)) as forged, forged:
        forged.execute("UPDATE photo_files SET path = ? WHERE id = 1", (name,))

    fresh.mkdir()
    store, there = fresh / "orders.sqlite3", fresh / "photos"
    with pytest.raises(BackupError, match="damaged"):
        restore_store(file, store, there, lambda *_: None, force=False, sold_since=None)
    assert not store.exists()
    assert not [path for path in files_in(tmp_path) if path.name == "owned"]


@pytest.mark.usefixtures("store")
async def test_a_store_that_is_a_renamed_backup_is_backed_up_as_any_other(
    folder: Path, photos: FilePhotoStore, tmp_path: Path
) -> None:
    await photos.put(HASH, RENDITIONS)
    other = tmp_path / "other"
    other.mkdir()
    assert (await command(folder, "backup", str(other / "orders.sqlite3"))).code == 0

    saved = await command(other, "backup", str(tmp_path / "again"), "--json")

    assert saved.code == 0, saved.err
    assert json.loads(saved.out)["photos"]["pictures"] == 0


@pytest.mark.usefixtures("store")
async def test_large_photos_take_little_memory(
    folder: Path, photos: FilePhotoStore, tmp_path: Path
) -> None:
    body = os.urandom(2**20) * 19
    for _ in range(3):
        await uploads(photos, "latte", body)
    store, file, fresh = folder / "orders.sqlite3", tmp_path / "backup", tmp_path / "fresh"
    fresh.mkdir()

    tracemalloc.start()
    contents = save_store(store, folder / "photos", file, lambda *_: None, force=False)
    restored, there = fresh / "orders.sqlite3", fresh / "photos"
    restore_store(file, restored, there, lambda *_: None, force=False, sold_since=None)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert contents.photos.uploads == 3
    assert most < 8 * 2**20
