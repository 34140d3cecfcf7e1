"""What the notifier keeps in the DynamoDB table."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

from notifier.store.dynamodb.deliveries import DynamoDBDeliveries
from notifier.store.dynamodb.pending_confirmations import DynamoDBPendingConfirmations
from notifier.store.dynamodb.topics import DynamoDBTopics
from shared.clock import Clock
from shared.store.dynamodb.item import Item, shop_key
from shared.store.dynamodb.store import RETENTION
from shared.store.dynamodb.subscriptions import DynamoDBSubscriptions
from shared.store.dynamodb.table import Table

if TYPE_CHECKING:
    from types_aiobotocore_dynamodb import DynamoDBClient


@dataclass(frozen=True)
class DynamoDBNotifierStore(
    DynamoDBSubscriptions, DynamoDBDeliveries, DynamoDBTopics, DynamoDBPendingConfirmations
):
    """The `NotifierStore` of one shop; it neither makes the table nor closes the client."""

    async def link_secret(self, candidate: str) -> str:
        """Give the secret that links in mail are signed with."""
        async with self.table.in_time():
            answer = await self.table.client.update_item(
                TableName=self.table.name,
                Key=shop_key(self.store_id, "link-secret"),
                UpdateExpression="SET secret = if_not_exists(secret, :candidate)",
                ExpressionAttributeValues={":candidate": {"S": candidate}},
                ReturnValues="ALL_NEW",
            )
        return answer["Attributes"]["secret"]["S"]

    async def queue_mark(self) -> str | None:
        """Give the mark that was recorded last."""
        async with self.table.in_time():
            item = await self.table.item(self._queue_mark_key)
        return None if item is None else item["mark"]["S"]

    async def record_queue_mark(self, mark: str) -> None:
        """Record another mark in its place."""
        async with self.table.in_time():
            await self.table.put({**self._queue_mark_key, "mark": {"S": mark}}, {})

    async def forget(self, before: dt.datetime) -> None:
        """Do nothing: items expire by themselves."""

    async def check(self) -> None:
        """Read an item; a write would tell no more here, and be paid at every probe."""
        async with self.table.in_time():
            await self.table.item(shop_key(self.store_id, "link-secret"))

    @property
    def _queue_mark_key(self) -> Item:
        return shop_key(self.store_id, "queue-mark")


def dynamodb_notifier_store(
    client: DynamoDBClient,
    table_name: str,
    store_id: str,
    clock: Clock,
    *,
    retention: dt.timedelta = RETENTION,
    timeout_seconds: float = 5,
) -> DynamoDBNotifierStore:
    """Use an existing table for a shop's notifier, each call bounded by `timeout_seconds`."""
    table = Table(client, table_name, timeout_seconds)
    return DynamoDBNotifierStore(table, store_id, clock, retention)
