"""The photos of menu items: what became of each, which are shown, and what staff decide."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

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
        return status_of(record, waiting)

    async def listed(self) -> Sequence[ListedPhoto]:
        """List the items that have had an upload, by item id."""
        waiting = await self.files.uploads()
        return list_photos(await self.records.photo_records(), waiting)

    async def consent(self, item_id: str, sequencer: str | None, change: Change) -> None:
        """Show an item's held upload, that of the sequencer if one is given.

        Raises NoPhotoError and NothingHeldError.
        """

        def consented(record: PhotoRecord) -> PhotoRecord:
            if not record.version:
                raise NoPhotoError
            held = held_in(record, sequencer)
            if held is None:
                raise NothingHeldError
            return consent(record, held.sequencer)

        await self._write(item_id, consented, change)

    async def take_off(self, item_id: str, change: Change) -> None:
        """Take an item's photo off the menu, with what is held or waits; raises NoPhotoError."""
        waiting = [upload.version_id for upload in await self.files.uploads(item_id)]

        def taken_off(record: PhotoRecord) -> PhotoRecord:
            if not waiting and not record.version:
                raise NoPhotoError
            return take_off(record, waiting)

        await self._write(item_id, taken_off, change)
        for version_id in waiting:
            await self.files.delete_upload(item_id, version_id)

    async def _write(
        self, item_id: str, decide: Callable[[PhotoRecord], PhotoRecord], change: Change
    ) -> None:
        for _ in range(_TRIES):
            new = decide(await self.records.photo_record(item_id))
            try:
                await self.records.replace_photo_record(new, change)
            except PhotoChangedError:
                continue
            await self.shown.expire()
            return
        raise StoreUnavailableError("others changed the photo's record again and again")


@dataclass(slots=True)
class ShownPhotos:
    """The photos on the menu, by item id; only records that were changed are read again."""

    records: PhotoRecordStore
    _known: dict[str, PhotoRecord] = field(default_factory=dict, init=False)

    async def load(self) -> Mapping[str, Photo]:
        """Read what is shown now."""
        if not self._known:
            self._keep(await self.records.photo_records())
        versions = await self.records.photo_versions()
        changed = [item for item, version in versions.items() if self._version(item) != version]
        self._keep(await asyncio.gather(*map(self.records.photo_record, changed)))
        found = self._known.items()
        return {item: record.shown for item, record in found if record.shown is not None}

    def _version(self, item_id: str) -> int | None:
        known = self._known.get(item_id)
        return None if known is None else known.version

    def _keep(self, records: Iterable[PhotoRecord]) -> None:
        self._known |= {record.item_id: record for record in records}


def photo_service(records: PhotoRecordStore, files: PhotoStore) -> PhotoService:
    """Make the service, with the cache of what is shown."""
    shown = TtlCache(ShownPhotos(records).load, SHOWN_TTL_SECONDS)
    return PhotoService(records=records, files=files, shown=shown)
