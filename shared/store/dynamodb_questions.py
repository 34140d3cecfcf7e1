"""How often addresses were asked for their consent, in DynamoDB."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shared.store.cursor import sortable
from shared.store.dynamodb_item import Item, epoch_seconds, shop_key
from shared.store.dynamodb_table import Table


@dataclass(frozen=True)
class DynamoDBQuestions:
    """The `Questions` of one shop, in a table that several shops may share."""

    table: Table
    store_id: str

    async def take_question(
        self, address: str, at: dt.datetime, *, places: int, hold: dt.timedelta
    ) -> int | None:
        """Take one of an address's places; none is free, and nothing is taken.

        A write that takes effect and is answered late may take two.
        """
        async with self.table.in_time():
            for place in range(places):
                item: Item = {
                    **self._question_key(address, place),
                    "until": {"S": sortable(at + hold)},
                    "expires": epoch_seconds(at + hold),
                }
                if await self.table.put(item, _free(at)):
                    return place
        return None

    async def give_question_back(self, address: str, place: int) -> None:
        """Make a place free that was taken in vain."""
        async with self.table.in_time():
            await self.table.client.delete_item(
                TableName=self.table.name, Key=self._question_key(address, place)
            )

    def _question_key(self, address: str, place: int) -> Item:
        return shop_key(self.store_id, f"question#{address}#{place}")


def _free(at: dt.datetime) -> Mapping[str, Any]:
    """Make the condition that a place was never taken, or is free again."""
    return {
        "ConditionExpression": "attribute_not_exists(pk) OR #until <= :now",
        "ExpressionAttributeNames": {"#until": "until"},
        "ExpressionAttributeValues": {":now": {"S": sortable(at)}},
    }
