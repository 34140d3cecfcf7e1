"""The shop's status and its shifts in DynamoDB."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from shared.domain.shop import Shift, ShopState, ShopStatus
from shared.store.cursor import sortable
from shared.store.dynamodb_item import Item, epoch_seconds, shop_key
from shared.store.dynamodb_table import Table

if TYPE_CHECKING:
    from types_aiobotocore_dynamodb.type_defs import AttributeValueTypeDef

_FORGOTTEN_AFTER = dt.timedelta(days=1)
"""How long the shift of a barista that never clocked out stays in the table."""


@dataclass(frozen=True)
class DynamoDBShop:
    """The `ShopStore` of one shop, in a table that several shops may share."""

    table: Table
    store_id: str

    async def status(self) -> ShopStatus:
        """Look the shop's status up."""
        async with self.table.in_time():
            answer = await self.table.client.get_item(
                TableName=self.table.name,
                Key=shop_key(self.store_id, "status"),
                ConsistentRead=True,
            )
        return _status(answer.get("Item", {}))

    async def set_state(
        self, state: ShopState, reason: str | None, until: dt.datetime | None
    ) -> None:
        """Open the shop, or close it; what is sold out stays so."""
        async with self.table.in_time():
            await self.table.client.update_item(
                TableName=self.table.name,
                Key=shop_key(self.store_id, "status"),
                UpdateExpression="SET #state = :state, #reason = :reason, #until = :until",
                ExpressionAttributeNames={
                    "#state": "state",
                    "#reason": "reason",
                    "#until": "until",
                },
                ExpressionAttributeValues={
                    ":state": {"S": state},
                    ":reason": _text(reason),
                    ":until": _text(None if until is None else sortable(until)),
                },
            )

    async def set_sold_out(self, item_id: str, *, sold_out: bool) -> None:
        """Take an item off the menu for now, or put it back."""
        async with self.table.in_time():
            await self.table.client.update_item(
                TableName=self.table.name,
                Key=shop_key(self.store_id, "status"),
                UpdateExpression=f"{'ADD' if sold_out else 'DELETE'} sold_out :item",
                ExpressionAttributeValues={":item": {"SS": [item_id]}},
            )

    async def clock_in(self, shift: Shift) -> None:
        """Record that a barista is at work."""
        async with self.table.in_time():
            await self.table.client.put_item(
                TableName=self.table.name,
                Item={
                    **shop_key(self.store_id, f"shift#{shift.barista}"),
                    "barista": {"S": shift.barista},
                    "slots": {"N": str(shift.slots)},
                    "until": {"S": sortable(shift.until)},
                    "expires": epoch_seconds(shift.until + _FORGOTTEN_AFTER),
                },
            )

    async def clock_out(self, barista: str) -> None:
        """Forget a barista."""
        async with self.table.in_time():
            await self.table.client.delete_item(
                TableName=self.table.name, Key=shop_key(self.store_id, f"shift#{barista}")
            )

    async def on_shift(self, at: dt.datetime) -> Sequence[Shift]:
        """List the baristas that were heard of within their time."""
        shifts: list[Shift] = []
        async with self.table.in_time():
            pages = self.table.client.get_paginator("query").paginate(
                TableName=self.table.name,
                KeyConditionExpression="pk = :shop AND begins_with(sk, :shift)",
                ExpressionAttributeValues={
                    ":shop": shop_key(self.store_id, "")["pk"],
                    ":shift": {"S": "shift#"},
                },
            )
            async for page in pages:
                shifts += [_shift(item) for item in page["Items"]]
        return [shift for shift in shifts if shift.until > at]


def _text(value: str | None) -> AttributeValueTypeDef:
    return {"NULL": True} if value is None else {"S": value}


def _status(item: Item) -> ShopStatus:
    until = item.get("until", {}).get("S")
    return ShopStatus(
        state=ShopState(item.get("state", {}).get("S", ShopState.OPEN)),
        reason=item.get("reason", {}).get("S"),
        until=None if until is None else dt.datetime.fromisoformat(until),
        sold_out=frozenset(item.get("sold_out", {}).get("SS", ())),
    )


def _shift(item: Item) -> Shift:
    return Shift(
        barista=item["barista"]["S"],
        slots=int(item["slots"]["N"]),
        until=dt.datetime.fromisoformat(item["until"]["S"]),
    )
