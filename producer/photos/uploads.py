"""Uploads to the shop itself: each is durable, and whole, before its sender gets an answer."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import structlog

from producer.photos.events import UploadEvents
from producer.photos.forms import Permission, UploadForms
from shared.aws.batcher import EntryFailedError
from shared.domain.errors import UnavailableError
from shared.domain.photo import KEPT_UPLOADS, LARGEST_UPLOAD, is_later
from shared.photos.contract import UploadedFile
from shared.photos.files import FilePhotoStore
from shared.store.photo_contract import PhotoRecordStore

AT_ONCE = 6
"""How many uploads a cashier receives at once, of those with a form that is ours."""

AT_ONCE_BY_FORM = 2
"""How many of them with the same form: who has one could occupy all places."""

MOST_WAITING = 1000
"""How many uploads may wait to be looked at: the photo store lists no more."""

LEAST_FREE_BYTES = 256 * 2**20
"""What uploads leave of the disk, on which the orders are too."""

log = structlog.stdlib.get_logger(__name__)


class TooManyUploadsError(Exception):
    """There is no room for an upload now."""


class UploadSizeError(Exception):
    """The file has fewer bytes than the form allows, or `too_large`: more."""

    def __init__(self, message: str, *, too_large: bool) -> None:
        super().__init__(message)
        self.too_large = too_large


@dataclass(slots=True, kw_only=True)
class UploadReceiver:
    """Receives the uploads of one shop into `files`, which are somewhere in `folder`.

    `lost` is set when the event of an upload could not be sent.
    """

    forms: UploadForms
    files: FilePhotoStore
    folder: Path
    records: PhotoRecordStore
    events: UploadEvents
    lost: asyncio.Event
    _receiving: Counter[str] = field(default_factory=Counter, init=False)

    @contextlib.contextmanager
    def place(self, signature: str) -> Iterator[None]:
        """Occupy one of the places for uploads, by a form; raises TooManyUploadsError."""
        if self._receiving[signature] >= AT_ONCE_BY_FORM:
            raise TooManyUploadsError("two photos are being sent by this form already")
        if self._receiving.total() >= AT_ONCE:
            raise TooManyUploadsError("other photos are being sent just now")
        self._receiving[signature] += 1
        try:
            yield
        finally:
            self._receiving -= Counter([signature])

    async def receive(self, permission: Permission, chunks: AsyncIterator[bytes]) -> UploadedFile:
        """Store a file for good, then send its event; if that fails it is sent later.

        Raises UploadSizeError, TooManyUploadsError, PhotosUnavailableError, and what reading the
        chunks raises; then nothing of the file is left.
        """
        await self._check_room(permission.item_id)
        async with self.files.new_upload(permission.item_id) as writer:
            size = 0
            async for chunk in chunks:
                size += len(chunk)
                if size > permission.most:
                    message = f"the file may have {permission.most} bytes"
                    raise UploadSizeError(message, too_large=True)
                await writer.write(chunk)
            if size < permission.least:
                raise UploadSizeError("the file is empty", too_large=False)
            uploaded = await writer.commit(after=await self._newest(permission.item_id))
        await self._send_event(uploaded)
        return uploaded

    async def _check_room(self, item_id: str) -> None:
        if len(await self.files.uploads(item_id)) >= KEPT_UPLOADS:
            message = f"{KEPT_UPLOADS} photos of this item are not looked at yet; wait for these"
            raise TooManyUploadsError(message)
        if len(await self.files.uploads()) >= MOST_WAITING:
            raise TooManyUploadsError(
                f"{MOST_WAITING} photos are not looked at yet; wait for these"
            )
        free = await asyncio.to_thread(shutil.disk_usage, self.folder)
        if free.free < LEAST_FREE_BYTES + AT_ONCE * LARGEST_UPLOAD:
            raise TooManyUploadsError(
                "the disk of the shop's computer is nearly full; tell a manager"
            )

    async def _newest(self, item_id: str) -> str:
        """Return the greatest sequencer in an item's record."""
        record = await self.records.photo_record(item_id)
        newest = record.settled
        for upload in record.uploads:
            newest = upload.sequencer if is_later(upload.sequencer, newest) else newest
        return newest

    async def _send_event(self, uploaded: UploadedFile) -> None:
        try:
            await self.events.send([uploaded])
        except (UnavailableError, EntryFailedError) as error:
            log.warning("upload.event_not_sent", item_id=uploaded.item_id, error=str(error))
            self.lost.set()
