"""The folder of photos: every file is whole and durable, or is not there.

`uploads/<store id>/<item>/<sequencer>` and `shops/<store id>/photos/<hash>/<name>`. A file is
written as a draft, synced, and linked to its name; then the folders above it are synced.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import heapq
import os
import threading
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

from shared.messages.photo_event import upload_key
from shared.photos.contract import Rendition, StoredPhoto, UploadedFile
from shared.photos.draft import Draft, make_folder, remove_leftovers, sync_folder
from shared.photos.folder_lock import folder_lock
from shared.photos.names import MOST_LISTED, is_item, is_photo, is_sequencer, photos_key

_DIGITS = 18
"""Hexadecimal digits of a sequencer: as many as S3's have."""


class PhotoFolder:
    """The files of one shop; the folder is made with the first of them.

    So are those above it, if `with_parents`.

    The methods block, and raise OSError. Who calls them has checked the names.
    """

    def __init__(self, folder: Path, store_id: str, *, with_parents: bool = True) -> None:
        self._folder = folder
        self._top = None if with_parents else folder.parent
        self._store_id = store_id
        self._photos = folder / photos_key(store_id)
        self._drafts = folder / "drafts"
        self._newest = ""
        self._naming = threading.Lock()

    def check(self) -> None:
        """Check that the folder, if there is one, can be read."""
        _names(self._folder)

    def remove_leftovers(self) -> None:
        """Remove what killed writers left; those of other processes may be at work."""
        remove_leftovers(self._drafts)

    def new_draft(self) -> Draft:
        """Begin a file."""
        make_folder(self._drafts, self._top)
        return Draft(self._drafts)

    def add_upload(self, draft: Draft, item_id: str, after: str) -> UploadedFile:
        """Make a draft an item's upload, under a sequencer that is greater than all before."""
        draft.sync()
        folder = self._folder / upload_key(self._store_id, item_id)
        make_folder(folder, self._top)
        path = self._name(draft, folder, after)
        try:
            self._sync_up_from(folder)
        except OSError:
            path.unlink(missing_ok=True)
            raise
        return _described(path, draft.stat())

    def uploads(self, item_id: str | None) -> Sequence[UploadedFile]:
        """List the oldest uploads, of one item or of all."""
        above = self._folder / "uploads" / self._store_id
        items = [item_id] if item_id is not None else filter(is_item, _names(above))
        paths = (
            above / item / name
            for item in items
            for name in filter(is_sequencer, _names(above / item))
        )
        oldest = heapq.nsmallest(MOST_LISTED, paths, key=lambda path: path.name)
        return list(_described_all(oldest))

    def read_upload(self, item_id: str, sequencer: str, most: int) -> bytes | None:
        """Read up to so many bytes of an upload; None when it is gone."""
        return _read(self._upload(item_id, sequencer), most)

    def delete_upload(self, item_id: str, sequencer: str) -> None:
        """Delete an upload for good, if it is there."""
        path = self._upload(item_id, sequencer)
        with contextlib.suppress(FileNotFoundError):
            path.unlink()
            sync_folder(path.parent)

    def put(self, photo: str, renditions: Iterable[Rendition]) -> None:
        """Write the renditions that are missing; the folder's time says when."""
        folder = self._photos / photo
        with folder_lock(folder, self._top, wait=True):
            for rendition in renditions:
                path = folder / rendition.name
                if not path.exists():
                    self._write(path, rendition.body)
            os.utime(folder)
        self._sync_up_from(folder)

    def get(self, photo: str, name: str) -> bytes | None:
        """Read a rendition, if there is one."""
        return _read(self._photos / photo / name)

    def photos(self, after: str, most: int) -> Sequence[StoredPhoto]:
        """List up to `most` photos by hash, after that one."""
        names = (name for name in _names(self._photos) if is_photo(name) and name > after)
        return list(_dated_all(self._photos / name for name in heapq.nsmallest(most, names)))

    def delete(self, photo: StoredPhoto) -> None:
        """Delete a photo, unless it was put again or is being put."""
        folder = self._photos / photo.hash
        if not _is_there(folder):
            return
        with folder_lock(folder, self._top, wait=False) as is_locked:
            if is_locked and _dated(folder) == photo:
                for name in _names(folder):
                    (folder / name).unlink()
                folder.rmdir()

    def _upload(self, item_id: str, sequencer: str) -> Path:
        return self._folder / upload_key(self._store_id, item_id) / sequencer

    def _name(self, draft: Draft, folder: Path, after: str) -> Path:
        with self._naming:
            taken = [after, self._newest, *filter(is_sequencer, _names(folder))]
            while True:
                sequencer = _next_sequencer(taken)
                try:
                    draft.name(folder / sequencer)
                except FileExistsError:  # another process was quicker
                    taken = [sequencer]
                else:
                    self._newest = sequencer
                    return folder / sequencer

    def _write(self, path: Path, body: bytes) -> None:
        with self.new_draft() as draft:
            draft.write(body)
            draft.sync()
            with contextlib.suppress(FileExistsError):  # the same, by another process
                draft.name(path)

    def _sync_up_from(self, folder: Path) -> None:
        """Make the names in a folder durable, and its own, up to that of the whole folder."""
        while folder != self._folder.parent:
            sync_folder(folder)
            folder = folder.parent
        sync_folder(folder)


def _next_sequencer(taken: Iterable[str]) -> str:
    """Return the time in nanoseconds, or one more than the greatest taken if that is later.

    One of S3's may be taken as well, of another length; they compare as in `is_later`.
    """
    greatest = max(int(each[:_DIGITS].ljust(_DIGITS, "0"), 16) for each in taken)
    return f"{max(time.time_ns(), greatest + 1):0{_DIGITS}X}"


def _names(folder: Path) -> Sequence[str]:
    try:
        return [path.name for path in folder.iterdir()]
    except FileNotFoundError:
        return ()


def _described_all(paths: Iterable[Path]) -> Iterable[UploadedFile]:
    for path in paths:
        with contextlib.suppress(FileNotFoundError):  # it was looked at meanwhile
            yield _described(path, path.stat())


def _described(path: Path, found: os.stat_result) -> UploadedFile:
    at = dt.datetime.fromtimestamp(found.st_mtime, dt.UTC)
    return UploadedFile(
        item_id=path.parent.name,
        version_id=path.name,
        size=found.st_size,
        at=at.replace(microsecond=at.microsecond // 1000 * 1000),
    )


def _dated_all(folders: Iterable[Path]) -> Iterable[StoredPhoto]:
    for folder in folders:
        with contextlib.suppress(FileNotFoundError):  # it was deleted meanwhile
            yield _dated(folder)


def _dated(folder: Path) -> StoredPhoto:
    return StoredPhoto(folder.name, dt.datetime.fromtimestamp(folder.stat().st_mtime, dt.UTC))


def _is_there(folder: Path) -> bool:
    try:
        folder.stat()
    except FileNotFoundError:
        return False
    return True


def _read(path: Path, most: int = -1) -> bytes | None:
    try:
        with path.open("rb") as file:
            return file.read(most)
    except FileNotFoundError:
        return None
