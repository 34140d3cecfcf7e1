"""The photo store on one machine: a folder, whose files are read and written in threads."""

from __future__ import annotations

import asyncio
import contextlib
import errno
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

from shared.domain.photo import LARGEST_UPLOAD
from shared.photos.contract import (
    BrokenUploadError,
    PhotosUnavailableError,
    Rendition,
    StoredPhoto,
    UploadedFile,
)
from shared.photos.draft import Draft
from shared.photos.folder import PhotoFolder
from shared.photos.names import (
    MOST_LISTED,
    check_item,
    check_rendition,
    is_item,
    is_rendition,
    is_sequencer,
)

_Result = TypeVar("_Result")

_BROKEN = frozenset({errno.EACCES, errno.EIO, errno.EISDIR, errno.EPERM})
"""What one file can have: its owner, a bad block, or that it is no file."""


class UploadTooLargeError(Exception):
    """An upload has more than LARGEST_UPLOAD bytes."""


class FilePhotoStore:
    """The uploads and photos of one shop, in a folder; see the contract.

    Here the version id of an upload is its sequencer. Nothing has a name that is not one of its
    kind: to read it finds nothing, to write it raises ValueError. The folder is made with the first
    file, and those above it `with_parents` only.
    """

    def __init__(self, folder: Path, store_id: str, *, with_parents: bool = True) -> None:
        self._folder = PhotoFolder(folder, store_id, with_parents=with_parents)

    async def open(self) -> None:
        """Remove what killed writers left."""
        await _in_thread(self._folder.remove_leftovers)

    async def check(self) -> None:
        """Check that the folder can be read."""
        await _in_thread(self._folder.check)

    async def uploads(self, item_id: str | None = None) -> Sequence[UploadedFile]:
        """List the oldest uploads, of one item or of all."""
        if item_id is not None and not is_item(item_id):
            return ()
        return await _in_thread(lambda: self._folder.uploads(item_id))

    async def read_upload(self, item_id: str, version_id: str) -> bytes | None:
        """Read an upload; of one that is too large, a byte more than LARGEST_UPLOAD."""
        if not (is_item(item_id) and is_sequencer(version_id)):
            return None
        most = LARGEST_UPLOAD + 1
        with _broken():
            return await _in_thread(lambda: self._folder.read_upload(item_id, version_id, most))

    async def delete_upload(self, item_id: str, version_id: str) -> None:
        """Delete an upload for good, if it is there."""
        if is_item(item_id) and is_sequencer(version_id):
            with _broken():
                await _in_thread(lambda: self._folder.delete_upload(item_id, version_id))

    async def put(self, photo: str, renditions: Sequence[Rendition]) -> None:
        """Write the renditions that are missing, and note the time."""
        for each in renditions:
            check_rendition(photo, each.name)
        await _in_thread(lambda: self._folder.put(photo, renditions))

    async def get(self, photo: str, name: str) -> bytes | None:
        """Read a rendition, if there is one."""
        if not is_rendition(photo, name):
            return None
        return await _in_thread(lambda: self._folder.get(photo, name))

    async def photos(self, after: str = "", most: int = MOST_LISTED) -> Sequence[StoredPhoto]:
        """List up to `most` photos by hash, after that one."""
        return await _in_thread(lambda: self._folder.photos(after, most))

    async def delete(self, photo: StoredPhoto) -> None:
        """Delete a photo unless it was put again; where there are no locks, none is deleted."""
        await _in_thread(lambda: self._folder.delete(photo))

    @contextlib.asynccontextmanager
    async def new_upload(self, item_id: str) -> AsyncIterator[UploadWriter]:
        """Write an upload; if it is not committed in the block, nothing of it is left."""
        check_item(item_id)
        draft = await _in_thread(self._folder.new_draft)
        try:
            yield UploadWriter(self._folder, draft, item_id)
        finally:
            await _in_thread(draft.discard)


class UploadWriter:
    """An upload that is coming in."""

    def __init__(self, folder: PhotoFolder, draft: Draft, item_id: str) -> None:
        self._folder = folder
        self._draft = draft
        self._item_id = item_id
        self._size = 0

    async def write(self, chunk: bytes) -> None:
        """Write the next bytes; raises UploadTooLargeError, and PhotosUnavailableError."""
        self._size += len(chunk)
        if self._size > LARGEST_UPLOAD:
            raise UploadTooLargeError(f"an upload has {LARGEST_UPLOAD} bytes at most")
        await _in_thread(lambda: self._draft.write(chunk))

    async def commit(self, after: str = "") -> UploadedFile:
        """Make the upload durable, as the latest of its item; raises PhotosUnavailableError.

        `after` is the greatest sequencer in the item's record, read as late as can be: an upload
        that was looked at is not in the store any more.
        """
        return await _in_thread(lambda: self._folder.add_upload(self._draft, self._item_id, after))


@contextlib.contextmanager
def _broken() -> Iterator[None]:
    """Raise BrokenUploadError for an error that one file alone can have."""
    try:
        yield
    except PhotosUnavailableError as error:
        cause = error.__cause__
        if isinstance(cause, OSError) and cause.errno in _BROKEN:
            raise BrokenUploadError(str(cause.strerror)) from error
        raise


async def _in_thread(do: Callable[[], _Result]) -> _Result:
    try:
        return await asyncio.to_thread(do)
    except OSError as error:
        reason = error.strerror or str(error)
        raise PhotosUnavailableError(f"the folder of photos is unavailable: {reason}") from error
