"""What addresses were asked and have not answered, in DynamoDB."""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shared.clock import sortable
from shared.store.dynamodb.item import Item, epoch_seconds, key_of, shop_key
from shared.store.dynamodb.table import Table


@dataclass(frozen=True)
class DynamoDBPendingConfirmations:
    """The `PendingConfirmations` of one shop, in a table that several shops may share."""

    table: Table
    store_id: str

    async def reserve_confirmation(
        self,
        address: str,
        subscription_id: str,
        at: dt.datetime,
        *,
        places: int,
        hold: dt.timedelta,
    ) -> bool:
        """Take one of an address's places for a subscription; tell whether it has one now."""
        async with self.table.in_time():
            for place in range(places):
                item: Item = {
                    **shop_key(self.store_id, f"{_place_prefix(address)}{place}"),
                    "subscription_id": {"S": subscription_id},
                    "until": {"S": sortable(at + hold)},
                    "expires": epoch_seconds(at + hold),
                }
                if await self.table.put(item, _free(at, subscription_id)):
                    return True
        return False

    async def release_confirmation(self, address: str, subscription_id: str) -> None:
        """Make the place free that a subscription has, if it has one."""
        async with self.table.in_time():
            for item in await self._places(address):
                if item.get("subscription_id") == {"S": subscription_id}:
                    await self._delete(item)

    async def _places(self, address: str) -> Sequence[Item]:
        """Read the places of an address, which are few, taken or not."""
        answer = await self.table.client.query(
            TableName=self.table.name,
            KeyConditionExpression="pk = :shop AND begins_with(sk, :places)",
            ExpressionAttributeValues={
                ":shop": shop_key(self.store_id, "")["pk"],
                ":places": {"S": _place_prefix(address)},
            },
            ConsistentRead=True,
        )
        return answer["Items"]

    async def _delete(self, place: Item) -> None:
        """Delete a place, unless it is another's meanwhile."""
        client = self.table.client
        with contextlib.suppress(client.exceptions.ConditionalCheckFailedException):
            await client.delete_item(
                TableName=self.table.name,
                Key=key_of(place),
                ConditionExpression="subscription_id = :known",
                ExpressionAttributeValues={":known": place["subscription_id"]},
            )


def _place_prefix(address: str) -> str:
    return f"question#{address}#"


def _free(at: dt.datetime, subscription_id: str) -> Mapping[str, Any]:
    """Make the condition that a place was never taken, is free again, or the subscription's."""
    return {
        "ConditionExpression": (
            "attribute_not_exists(pk) OR #until <= :now OR subscription_id = :own"
        ),
        "ExpressionAttributeNames": {"#until": "until"},
        "ExpressionAttributeValues": {":now": {"S": sortable(at)}, ":own": {"S": subscription_id}},
    }
