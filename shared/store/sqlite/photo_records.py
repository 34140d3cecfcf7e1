"""The photo records of the menu items in the embedded store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from shared.domain.change import Change
from shared.domain.photo import PhotoRecord
from shared.store.document import PHOTO_RECORD
from shared.store.photo_contract import PhotoChangedError
from shared.store.sqlite.changes import SqliteChanges
from shared.store.sqlite.connection import changing, documents

_READ = "SELECT document FROM photo_records WHERE store_id = ? AND item_id = ?"
_LIST = "SELECT document FROM photo_records WHERE store_id = ? ORDER BY item_id"
_VERSIONS = "SELECT item_id, version FROM photo_records WHERE store_id = ?"
_ADD = """INSERT INTO photo_records (version, document, store_id, item_id)
    VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING"""
_REPLACE = """UPDATE photo_records SET version = ?, document = ?
    WHERE store_id = ? AND item_id = ? AND version = ?"""


@dataclass(frozen=True)
class SqlitePhotoRecords(SqliteChanges):
    """The `PhotoRecordStore` of one shop, in a file that several shops may share."""

    async def photo_record(self, item_id: str) -> PhotoRecord:
        """Read an item's record; an empty one if there is none."""
        found = await self.reads.run(documents(PHOTO_RECORD, _READ, self.store_id, item_id))
        return found[0] if found else PhotoRecord(item_id)

    async def photo_records(self) -> Sequence[PhotoRecord]:
        """List the records of all items, by item id."""
        return await self.reads.run(documents(PHOTO_RECORD, _LIST, self.store_id))

    async def photo_versions(self) -> Mapping[str, int]:
        """Read the versions of all items' records."""
        return await self.reads.run(lambda db: dict(db.execute(_VERSIONS, (self.store_id,))))

    async def replace_photo_record(self, new: PhotoRecord, change: Change | None = None) -> None:
        """Write a record over that of the version before it; raises PhotoChangedError."""
        document = PHOTO_RECORD.dump_json(new).decode()
        values = (new.version, document, self.store_id, new.item_id)
        add = changing(_ADD, *values)
        replace = changing(_REPLACE, *values, new.version - 1)
        write = self.with_change(add if new.version == 1 else replace, change)
        if not await self.writes.run(write):
            raise PhotoChangedError
