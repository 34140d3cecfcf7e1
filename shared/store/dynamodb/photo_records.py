"""The photo records of the menu items in DynamoDB, each an item of the shop."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shared.domain.change import Change
from shared.domain.photo import PhotoRecord
from shared.store.document import PHOTO_RECORD
from shared.store.dynamodb.changes import DynamoDBChanges
from shared.store.dynamodb.item import Item, key_of, same_write, shop_key
from shared.store.dynamodb.table import ABSENT
from shared.store.photo_contract import PhotoChangedError

_PREFIX = "photo#"
"""How the sort keys of the items begin, before the menu item's id."""


@dataclass(frozen=True)
class DynamoDBPhotoRecords(DynamoDBChanges):
    """The `PhotoRecordStore` of one shop, in a table that several shops may share."""

    async def photo_record(self, item_id: str) -> PhotoRecord:
        """Read an item's record; an empty one if there is none."""
        async with self.table.in_time():
            item = await self.table.item(shop_key(self.store_id, _PREFIX + item_id))
        return PhotoRecord(item_id) if item is None else _record(item)

    async def photo_records(self) -> Sequence[PhotoRecord]:
        """List the records of all items, by item id."""
        return [_record(item) for item in await self.shop_items(_PREFIX, fresh=True)]

    async def photo_versions(self) -> Mapping[str, int]:
        """Read the versions of all items' records."""
        items = await self.shop_items(_PREFIX, fresh=True, only=("sk", "version"))
        return {item["sk"]["S"].removeprefix(_PREFIX): int(item["version"]["N"]) for item in items}

    async def replace_photo_record(self, new: PhotoRecord, change: Change | None = None) -> None:
        """Write a record over that of the version before it; raises PhotoChangedError."""
        item = _item(self.store_id, new)
        put = {"Item": item, **_follows(new.version)}
        async with self.table.in_time():
            if await self.write_with_change({"Put": put}, change):
                return
            recorded = await self.table.item(key_of(item))
        if recorded is None or not same_write(recorded, item):
            raise PhotoChangedError


def _item(store_id: str, record: PhotoRecord) -> Item:
    return {
        **shop_key(store_id, _PREFIX + record.item_id),
        "version": {"N": str(record.version)},
        "document": {"S": PHOTO_RECORD.dump_json(record).decode()},
        "write_id": {"S": uuid.uuid4().hex},
    }


def _record(item: Item) -> PhotoRecord:
    return PHOTO_RECORD.validate_json(item["document"]["S"])


def _follows(version: int) -> Mapping[str, Any]:
    if version == 1:
        return ABSENT
    return {
        "ConditionExpression": "#version = :before",
        "ExpressionAttributeNames": {"#version": "version"},
        "ExpressionAttributeValues": {":before": {"N": str(version - 1)}},
    }
