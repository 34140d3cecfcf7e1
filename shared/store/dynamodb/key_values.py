"""Single values of a shop in DynamoDB, each in an item of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from shared.store.contract import ValueKey
from shared.store.dynamodb.item import shop_key
from shared.store.dynamodb.table import DynamoDBRecords

_ATTRIBUTES: Mapping[ValueKey, tuple[str, str]] = {
    ValueKey.ORDER_ID_SECRET: ("secret", "order_ids"),
    ValueKey.LINK_SECRET: ("link-secret", "secret"),
    ValueKey.QUEUE_EPOCH: ("queue-mark", "mark"),
}
"""The sort key of the item and the attribute of each."""


@dataclass(frozen=True)
class DynamoDBKeyValues(DynamoDBRecords):
    """The `KeyValueStore` of one shop, in a table that several shops may share."""

    async def value(self, key: ValueKey) -> str | None:
        """Read a value."""
        sk, attribute = _ATTRIBUTES[key]
        async with self.table.in_time():
            item = await self.table.item(shop_key(self.store_id, sk))
        return None if item is None else item[attribute]["S"]

    async def set_value(self, key: ValueKey, value: str) -> None:
        """Record a value in place of the one before."""
        await self._update(key, "#value = :value", value)

    async def get_or_set_value(self, key: ValueKey, candidate: str) -> str:
        """Give the recorded value; `candidate` is recorded when there is none."""
        return await self._update(key, "#value = if_not_exists(#value, :value)", candidate)

    async def _update(self, key: ValueKey, assignment: str, value: str) -> str:
        sk, attribute = _ATTRIBUTES[key]
        async with self.table.in_time():
            answer = await self.table.client.update_item(
                TableName=self.table.name,
                Key=shop_key(self.store_id, sk),
                UpdateExpression=f"SET {assignment}",
                ExpressionAttributeNames={"#value": attribute},
                ExpressionAttributeValues={":value": {"S": value}},
                ReturnValues="ALL_NEW",
            )
        return answer["Attributes"][attribute]["S"]
