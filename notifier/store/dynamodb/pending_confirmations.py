"""Confirmation requests that nobody has answered, in DynamoDB."""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shared.clock import sortable
from shared.store.dynamodb.item import Item, epoch_seconds, key_of, shop_key
from shared.store.dynamodb.table import DynamoDBRecords


@dataclass(frozen=True)
class DynamoDBPendingConfirmations(DynamoDBRecords):
    """The `PendingConfirmations` of one shop, in a table that several shops may share."""

    async def reserve_confirmation(
        self,
        key: str,
        subscription_id: str,
        at: dt.datetime,
        *,
        limit: int,
        lifetime: dt.timedelta,
    ) -> bool:
        """Reserve one of a key's requests for a subscription; return whether it has one.

        One read tells which are free, so that a full key costs no writes.
        """
        async with self.table.in_time():
            taken = {item["sk"]["S"]: item for item in await self._reserved(key)}
            names = [f"{_prefix(key)}{number}" for number in range(limit)]
            own = [name for name in names if _is_own(taken.get(name), subscription_id)]
            free = [name for name in names if _has_lapsed(taken.get(name), at)]
            for name in own or free:
                item: Item = {
                    **shop_key(self.store_id, name),
                    "subscription_id": {"S": subscription_id},
                    **_until(at + lifetime),
                }
                if await self.table.put(item, _free(at, subscription_id)):
                    return True
        return False

    async def release_confirmation(self, key: str, subscription_id: str) -> None:
        """Free the request that a subscription has reserved, if it has one."""
        async with self.table.in_time():
            for item in await self._reserved(key):
                if _is_own(item, subscription_id):
                    await self._delete(item)

    async def count_use(
        self, key: str, at: dt.datetime, *, limit: int, period: dt.timedelta
    ) -> bool:
        """Count one more use of a key, unless its limit is reached."""
        first: Item = {**self._uses(key), "used": {"N": "1"}, **_until(at + period)}
        condition = {
            "ConditionExpression": "#until > :now AND used < :limit",
            "ExpressionAttributeNames": {"#until": "until"},
        }
        values = {**_now(at), ":limit": {"N": str(limit)}}
        async with self.table.in_time():
            return (
                await self._add_use(key, 1, condition, values)
                or await self.table.put(first, _lapsed(at))
                or await self._add_use(key, 1, condition, values)  # somebody else was first
            )

    async def uncount_use(self, key: str) -> None:
        """Take back a use that was counted."""
        async with self.table.in_time():
            condition = {"ConditionExpression": "used > :none"}
            await self._add_use(key, -1, condition, {":none": {"N": "0"}})

    async def _add_use(
        self, key: str, change: int, condition: Mapping[str, Any], values: Mapping[str, Any]
    ) -> bool:
        client = self.table.client
        try:
            await client.update_item(
                TableName=self.table.name,
                Key=self._uses(key),
                UpdateExpression="ADD used :change",
                ExpressionAttributeValues={":change": {"N": str(change)}, **values},
                **condition,
            )
        except client.exceptions.ConditionalCheckFailedException:
            return False
        return True

    async def _reserved(self, key: str) -> list[Item]:
        return list(await self.shop_items(_prefix(key), fresh=True))

    def _uses(self, key: str) -> Item:
        return shop_key(self.store_id, f"uses#{key}")

    async def _delete(self, request: Item) -> None:
        """Delete a request, unless another subscription has reserved it meanwhile."""
        client = self.table.client
        with contextlib.suppress(client.exceptions.ConditionalCheckFailedException):
            await client.delete_item(
                TableName=self.table.name,
                Key=key_of(request),
                ConditionExpression="subscription_id = :known",
                ExpressionAttributeValues={":known": request["subscription_id"]},
            )


def _prefix(key: str) -> str:
    return f"question#{key}#"


def _until(end: dt.datetime) -> Item:
    return {"until": {"S": sortable(end)}, "expires": epoch_seconds(end)}


def _now(at: dt.datetime) -> Mapping[str, Any]:
    return {":now": {"S": sortable(at)}}


def _is_own(item: Item | None, subscription_id: str) -> bool:
    return item is not None and item.get("subscription_id") == {"S": subscription_id}


def _has_lapsed(item: Item | None, at: dt.datetime) -> bool:
    return item is None or item["until"]["S"] <= sortable(at)


def _lapsed(at: dt.datetime) -> Mapping[str, Any]:
    """Make the condition that there is no such item, or that it has lapsed."""
    return {
        "ConditionExpression": "attribute_not_exists(pk) OR #until <= :now",
        "ExpressionAttributeNames": {"#until": "until"},
        "ExpressionAttributeValues": _now(at),
    }


def _free(at: dt.datetime, subscription_id: str) -> Mapping[str, Any]:
    """Make the condition that a request is free, has lapsed, or is the subscription's own."""
    return {
        "ConditionExpression": (
            "attribute_not_exists(pk) OR #until <= :now OR subscription_id = :own"
        ),
        "ExpressionAttributeNames": {"#until": "until"},
        "ExpressionAttributeValues": {**_now(at), ":own": {"S": subscription_id}},
    }
