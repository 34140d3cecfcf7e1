"""Confirmation requests that addresses have not answered, in DynamoDB."""

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
        address: str,
        subscription_id: str,
        at: dt.datetime,
        *,
        limit: int,
        lifetime: dt.timedelta,
    ) -> bool:
        """Reserve one of an address's requests for a subscription; return whether it has one."""
        async with self.table.in_time():
            for number in range(limit):
                item: Item = {
                    **shop_key(self.store_id, f"{_prefix(address)}{number}"),
                    "subscription_id": {"S": subscription_id},
                    "until": {"S": sortable(at + lifetime)},
                    "expires": epoch_seconds(at + lifetime),
                }
                if await self.table.put(item, _free(at, subscription_id)):
                    return True
        return False

    async def release_confirmation(self, address: str, subscription_id: str) -> None:
        """Free the request that a subscription has reserved, if it has one."""
        own = {"S": subscription_id}
        async with self.table.in_time():
            for item in await self.shop_items(_prefix(address), fresh=True):
                if item.get("subscription_id") == own:
                    await self._delete(item)

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


def _prefix(address: str) -> str:
    return f"question#{address}#"


def _free(at: dt.datetime, subscription_id: str) -> Mapping[str, Any]:
    """Make the condition that a request is free, has lapsed, or is the subscription's own."""
    return {
        "ConditionExpression": (
            "attribute_not_exists(pk) OR #until <= :now OR subscription_id = :own"
        ),
        "ExpressionAttributeNames": {"#until": "until"},
        "ExpressionAttributeValues": {":now": {"S": sortable(at)}, ":own": {"S": subscription_id}},
    }
