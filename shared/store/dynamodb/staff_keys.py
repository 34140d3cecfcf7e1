"""The keys of the staff in DynamoDB: one item, so that names and number are checked at once."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shared.domain.change import Change
from shared.domain.staff import StaffKeyRecord, with_key
from shared.store.document import STAFF_KEYS
from shared.store.dynamodb.changes import DynamoDBChanges
from shared.store.dynamodb.item import Item, shop_key
from shared.store.dynamodb.table import ABSENT, pause

_KEYS = "staff-keys"
"""The sort key of the item."""


@dataclass(frozen=True)
class DynamoDBStaffKeys(DynamoDBChanges):
    """The `StaffKeyStore` of one shop, in a table that several shops may share."""

    async def staff_keys(self) -> Sequence[StaffKeyRecord]:
        """List the keys, the oldest first."""
        async with self.table.in_time():
            return _records(await self.table.item(shop_key(self.store_id, _KEYS)))

    async def add_staff_key(self, new: StaffKeyRecord, change: Change) -> None:
        """Record a key; see `StaffKeyStore.add_staff_key`."""
        await self._replace(lambda records: with_key(records, new), change)

    async def withdraw_staff_key(self, key_id: str, change: Change) -> bool:
        """Delete a key; return whether there was one of that id."""
        return await self._replace(
            lambda records: [record for record in records if record.key.id != key_id], change
        )

    async def _replace(
        self,
        edited: Callable[[Sequence[StaffKeyRecord]], Sequence[StaffKeyRecord]],
        change: Change,
    ) -> bool:
        """Write the keys as `edited`, again after whoever was faster; return if that changed any.

        A request that the client repeats has its token, and is no rival (TransactWriteItems).
        """
        key = shop_key(self.store_id, _KEYS)
        async with self.table.in_time():
            for tried in itertools.count():
                before = await self.table.item(key)
                after = edited(_records(before))
                if len(after) == len(_records(before)):
                    return False
                item = _item(key, before, after)
                put: Mapping[str, Any] = {"Item": item, **_unchanged(before)}
                if await self.write_with_change({"Put": put}, change):
                    break
                await pause(tried)
        return True


def _item(key: Item, before: Item | None, after: Sequence[StaffKeyRecord]) -> Item:
    version = int(before["version"]["N"]) if before else 0
    return {
        **key,
        "document": {"S": STAFF_KEYS.dump_json(tuple(after)).decode()},
        "version": {"N": str(version + 1)},
    }


def _records(item: Item | None) -> Sequence[StaffKeyRecord]:
    return () if item is None else STAFF_KEYS.validate_json(item["document"]["S"])


def _unchanged(before: Item | None) -> Mapping[str, Any]:
    if before is None:
        return ABSENT
    return {
        "ConditionExpression": "#version = :version",
        "ExpressionAttributeNames": {"#version": "version"},
        "ExpressionAttributeValues": {":version": before["version"]},
    }
