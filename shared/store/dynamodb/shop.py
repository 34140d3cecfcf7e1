"""The shop's status in DynamoDB."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

from shared.clock import sortable
from shared.domain.change import Change
from shared.domain.shop import ShopState, ShopStatus
from shared.store.contract import StoreUnavailableError
from shared.store.dynamodb.changes import DynamoDBChanges
from shared.store.dynamodb.item import shop_key

if TYPE_CHECKING:
    from types_aiobotocore_dynamodb.type_defs import AttributeValueTypeDef


@dataclass(frozen=True)
class DynamoDBShop(DynamoDBChanges):
    """The `ShopStore` of one shop, in a table that several shops may share."""

    async def status(self) -> ShopStatus:
        """Read the shop's status."""
        async with self.table.in_time():
            item = await self.table.item(shop_key(self.store_id, "status")) or {}
        until = item.get("until", {}).get("S")
        return ShopStatus(
            state=ShopState(item.get("state", {}).get("S", ShopState.OPEN)),
            reason=item.get("reason", {}).get("S"),
            until=None if until is None else dt.datetime.fromisoformat(until),
            sold_out=frozenset(item.get("sold_out", {}).get("SS", ())),
        )

    async def set_state(
        self,
        state: ShopState,
        reason: str | None,
        until: dt.datetime | None,
        change: Change | None = None,
    ) -> None:
        """Open the shop, or close it; what is sold out stays so."""
        update = {
            "Key": shop_key(self.store_id, "status"),
            "UpdateExpression": "SET #state = :state, #reason = :reason, #until = :until",
            "ExpressionAttributeNames": {
                "#state": "state",
                "#reason": "reason",
                "#until": "until",
            },
            "ExpressionAttributeValues": {
                ":state": {"S": state},
                ":reason": _text(reason),
                ":until": _text(None if until is None else sortable(until)),
            },
        }
        async with self.table.in_time():
            if not await self.write_with_change({"Update": update}, change):
                raise StoreUnavailableError("the order store refused a write without a condition")

    async def set_sold_out(
        self, what: str, *, sold_out: bool, change: Change | None = None
    ) -> None:
        """Take an item, a size or a modifier off the menu for now, or put it back.

        Where it is so already, nothing is written; that is all that the condition can refuse.
        """
        update = {
            "Key": shop_key(self.store_id, "status"),
            "UpdateExpression": f"{'ADD' if sold_out else 'DELETE'} sold_out :items",
            "ConditionExpression": f"{'NOT ' if sold_out else ''}contains(sold_out, :item)",
            "ExpressionAttributeValues": {":items": {"SS": [what]}, ":item": {"S": what}},
        }
        async with self.table.in_time():
            written = await self.write_with_change({"Update": update}, change)
        if not written and (what in (await self.status()).sold_out) is not sold_out:
            raise StoreUnavailableError("the order store was busy with the shop's status")


def _text(value: str | None) -> AttributeValueTypeDef:
    return {"NULL": True} if value is None else {"S": value}
