"""The contract of the photo records: what became of each item's uploads; see `domain.photo`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from shared.domain.change import Change
from shared.domain.photo import PhotoRecord


class PhotoChangedError(Exception):
    """The record was changed by somebody else since the caller read it."""


class PhotoRecordStore(Protocol):
    """The photo records of one shop, one for each menu item that ever had an upload.

    Every write is durable when its call returns. Every method raises StoreUnavailableError when
    the store cannot be reached in time.
    """

    async def photo_record(self, item_id: str) -> PhotoRecord:
        """Read an item's record, as of the last completed write; an empty one if there is none."""

    async def photo_records(self) -> Sequence[PhotoRecord]:
        """List the records of all items, by item id."""

    async def photo_versions(self) -> Mapping[str, int]:
        """Read the versions of all items' records, without what is in them."""

    async def replace_photo_record(self, new: PhotoRecord, change: Change | None = None) -> None:
        """Write a record, with a change if there is one, over that of the version before it.

        Otherwise it writes nothing, and raises PhotoChangedError.
        """
