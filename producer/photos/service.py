"""The photos of menu items: what became of each, which are shown, and what staff decide."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from producer.photos.status import ListedPhoto, PhotoStatus, held_in, list_photos, status_of
from shared.domain.change import Change
from shared.domain.photo import Photo, PhotoRecord, consent, take_off
from shared.photos.contract import PhotoStore
from shared.runtime.ttl_cache import TtlCache
from shared.store.contract import StoreUnavailableError
from shared.store.photo_contract import PhotoChangedError, PhotoRecordStore

SHOWN_TTL_SECONDS = 0.5
"""How soon a photo is on the menu after a worker has recorded it."""

_TRIES = 5
"""A record is written a few times in a second at most, by the workers."""


class NoPhotoError(Exception):
    """No photo was ever uploaded for the item."""


class NothingHeldError(Exception):
    """No upload of the item waits for a person's consent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PhotoService:
    """The photos of one shop; `shown` are those on the menu, by item id."""

    records: PhotoRecordStore
    files: PhotoStore
    shown: TtlCache[Mapping[str, Photo]]

    async def status(self, item_id: str) -> PhotoStatus:
        """Tell what became of an item's photo; raises NoPhotoError."""
        waiting = await self.files.uploads(item_id)  # first: none is in between and in neither
        record = await self.records.photo_record(item_id)
        if not waiting and not record.version:
            raise NoPhotoError
        undecided = [each for each in waiting if record.upload(each.version_id) is None]
        return status_of(record, undecided)

    async def listed(self) -> Sequence[ListedPhoto]:
        """List the photos of all items, by item id."""
        return list_photos(await self.records.photo_records())

    async def consent(self, item_id: str, sequencer: str | None, change: Change) -> None:
        """Show an item's held upload, that of the sequencer if one is given.

        Raises NoPhotoError and NothingHeldError.
        """

        def consented(record: PhotoRecord) -> PhotoRecord:
            held = held_in(record, sequencer)
            if held is None:
                raise NothingHeldError
            return consent(record, held.sequencer)

        await self._write(item_id, consented, change)

    async def take_off(self, item_id: str, change: Change) -> None:
        """Take an item's photo off the menu, with what is held; raises NoPhotoError."""
        await self._write(item_id, take_off, change)

    async def _write(
        self, item_id: str, decide: Callable[[PhotoRecord], PhotoRecord], change: Change
    ) -> None:
        for _ in range(_TRIES):
            record = await self.records.photo_record(item_id)
            if not record.version:
                raise NoPhotoError
            try:
                await self.records.replace_photo_record(decide(record), change)
            except PhotoChangedError:
                continue
            await self.shown.expire()
            return
        raise StoreUnavailableError("others changed the photo's record again and again")


def photo_service(records: PhotoRecordStore, files: PhotoStore) -> PhotoService:
    """Make the service, with the cache of what is shown."""

    async def shown() -> Mapping[str, Photo]:
        found = await records.photo_records()
        return {record.item_id: record.shown for record in found if record.shown is not None}

    return PhotoService(records=records, files=files, shown=TtlCache(shown, SHOWN_TTL_SECONDS))
