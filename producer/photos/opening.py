"""The photos that come with the shop: items of the menu that never had one get ours."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import structlog
from pydantic import TypeAdapter

from shared.clock import Clock
from shared.domain.errors import UnavailableError
from shared.domain.photo import Photo, PhotoRecord, Upload, UploadState, decide
from shared.photos.contract import PhotoStore, Rendition
from shared.store.photo_contract import PhotoChangedError, PhotoRecordStore

PICTURES = Path(__file__).with_name("pictures")
"""The folder of our photos; `make artwork` draws them."""

BEFORE_ALL_UPLOADS = "000000000000000001"
"""A sequencer: every upload is later."""

_PHOTOS = TypeAdapter(dict[str, Photo])

log = structlog.stdlib.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class OpeningPhotos:
    """Shows our photos of the menu's items, by their ids.

    An item that ever had a record is left alone: with an upload, or with our photo taken off.
    """

    store: PhotoRecordStore
    photos: PhotoStore
    item_ids: Callable[[], Awaitable[Sequence[str]]]
    clock: Clock

    async def show(self) -> None:
        """Show what is missing; what fails is logged, and tried again at the next start."""
        try:
            records = {record.item_id for record in await self.store.photo_records()}
            missing = [item for item in await self.item_ids() if item not in records]
            if missing:
                ours = await asyncio.to_thread(our_photos)
                for item_id in missing:
                    if item_id in ours:
                        await self._show(item_id, ours[item_id])
        except UnavailableError:
            log.warning("photos.opening_postponed", exc_info=True)

    async def _show(self, item_id: str, photo: Photo) -> None:
        await self.photos.put(photo.hash, await asyncio.to_thread(renditions, item_id, photo))
        upload = Upload(BEFORE_ALL_UPLOADS, self.clock(), UploadState.SHOWN, photo=photo)
        try:
            await self.store.replace_photo_record(decide(PhotoRecord(item_id), upload))
        except PhotoChangedError:  # another cashier was faster, or there is an upload now
            return
        log.info("photos.opened", item_id=item_id)


def our_photos() -> Mapping[str, Photo]:
    """Read which photos come with the shop, by the items' ids."""
    return _PHOTOS.validate_json((PICTURES / "photos.json").read_bytes())


def renditions(item_id: str, photo: Photo) -> Sequence[Rendition]:
    """Read the renditions of one of our photos."""
    names = {f"{width}.webp": "image/webp" for width in photo.widths}
    return [
        Rendition(name, media_type, (PICTURES / item_id / name).read_bytes())
        for name, media_type in [*names.items(), ("fallback.jpg", "image/jpeg")]
    ]


def listing(photos: Mapping[str, Photo]) -> str:
    """Write the file that `our_photos` reads."""
    return json.dumps(_PHOTOS.dump_python(dict(photos), mode="json"), indent=1) + "\n"
