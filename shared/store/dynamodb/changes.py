"""Who changed what, in DynamoDB: an item for each change, which expires."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

from shared.clock import sortable
from shared.domain.change import KEPT, Change, Changed
from shared.store import cursor as cursors
from shared.store.dynamodb.item import Item, epoch_seconds, shop_key
from shared.store.dynamodb.table import DynamoDBRecords
from shared.store.staff_contract import ChangePage

_AFTER_ALL = cursors.Position("~", "")


@dataclass(frozen=True)
class DynamoDBChanges(DynamoDBRecords):
    """The `ChangeStore` of one shop, in a table that several shops may share."""

    async def record_change(self, change: Change) -> None:
        """Record a change of something that is not in the store."""
        async with self.table.in_time():
            await self.table.put(_item(self.store_id, change), {})

    async def changes(self, limit: int, cursor: str | None = None) -> ChangePage:
        """List changes, the newest first; one more than `limit` shows that a page follows."""
        start = _AFTER_ALL if cursor is None else cursors.decode(cursor)
        pages = self.table.pages(
            KeyConditionExpression="pk = :shop AND sk BETWEEN :first AND :last",
            ExpressionAttributeValues={
                ":shop": shop_key(self.store_id, "")["pk"],
                ":first": {"S": _sort_key(cursors.Position("", ""))},
                ":last": {"S": _sort_key(start)},
            },
            ScanIndexForward=False,
            Limit=limit + 2,
            ConsistentRead=True,
        )
        found: list[Change] = []
        async with aclosing(pages):
            async for page in pages:
                # The last sort key of the page before is among those that are asked for.
                found += [_change(item) for item in page if item["sk"]["S"] < _sort_key(start)]
                if len(found) > limit:
                    break
        return cursors.page_of_changes(found, limit)

    async def delete_changes(self, before: dt.datetime) -> int:
        """Do nothing: changes expire by themselves."""
        del before
        return 0

    async def write_with_change(self, action: Mapping[str, Any], change: Change | None) -> bool:
        """Write an item and record its change: both, or neither if the action's condition fails.

        Return whether the condition held.
        """
        records: Sequence[Mapping[str, Any]] = (
            () if change is None else [{"Put": {"Item": _item(self.store_id, change)}}]
        )
        return await self.table.write_all([action, *records])


def _item(store_id: str, change: Change) -> Item:
    at = cursors.Position(sortable(change.at), change.id)
    return {
        **shop_key(store_id, _sort_key(at)),
        "at": {"S": sortable(change.at)},
        "id": {"S": change.id},
        "by_key": {"S": change.by},
        "what": {"S": change.what},
        "detail": {"S": change.detail},
        "expires": epoch_seconds(change.at + KEPT),
    }


def _sort_key(at: cursors.Position) -> str:
    return f"change#{at.placed_at}#{at.order_id}"


def _change(item: Item) -> Change:
    return Change(
        at=dt.datetime.fromisoformat(item["at"]["S"]),
        by=item["by_key"]["S"],
        what=Changed(item["what"]["S"]),
        detail=item["detail"]["S"],
        id=item["id"]["S"],
    )
