"""Deletes the renditions of photos that no record names any more, so that the store is bounded.

A record names the photos of its item's last uploads, whatever became of them. That of an item that
is not on the menu any more is kept with its photos: the item may come back.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import AsyncIterator
from dataclasses import dataclass

import structlog

from shared.clock import Clock
from shared.domain.errors import UnavailableError
from shared.photos.contract import PhotoStore, PhotosUnavailableError, StoredPhoto
from shared.runtime.lifecycle import every
from shared.store.photo_contract import PhotoRecordStore

UNNAMED_FOR = dt.timedelta(days=1)
"""A photo is put some minutes, at most, before a record names it."""

MOST_DELETED = 1000
"""In one round; the next ones are an hour later."""

_FIRST_SECONDS = 300
_SECONDS = 3600
_MOST_FAILURES = 10

log = structlog.stdlib.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class PhotoRetention:
    """Keeps the photos of one shop for as long as a record names them.

    Who is about to record a photo puts it first, also if it is there: so it is not old.
    """

    records: PhotoRecordStore
    photos: PhotoStore
    clock: Clock
    most: int = MOST_DELETED

    async def run(self) -> None:
        """Delete what is not named some minutes after the start, and then each hour."""
        await asyncio.sleep(_FIRST_SECONDS)
        await every(_SECONDS, self.delete_unnamed)

    async def delete_unnamed(self) -> None:
        """Delete up to `most` photos; what fails is logged, and tried again in the next round."""
        deleted = failed = 0
        try:
            async for photo in self._unnamed():
                if deleted == self.most or failed == _MOST_FAILURES:
                    break
                if await self._delete(photo):
                    deleted += 1
                else:
                    failed += 1
        except UnavailableError as error:
            log.warning("renditions.not_deleted", error=str(error))
        if deleted:
            log.info("renditions.deleted", photos=deleted)

    async def _unnamed(self) -> AsyncIterator[StoredPhoto]:
        """Find the photos that are in no record, and were last put long ago."""
        before = self.clock() - UNNAMED_FOR
        records = await self.records.photo_records()
        named = {each.photo.hash for record in records for each in record.uploads if each.photo}
        page = await self.photos.photos()
        while page:
            for photo in page:
                if photo.at < before and photo.hash not in named:
                    yield photo
            page = await self.photos.photos(after=page[-1].hash)

    async def _delete(self, photo: StoredPhoto) -> bool:
        try:
            await self.photos.delete(photo)
        except PhotosUnavailableError as error:
            log.warning("renditions.not_deleted", photo=photo.hash, error=str(error))
            return False
        return True
