"""The order store on AWS: one DynamoDB table."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

from shared.clock import Clock
from shared.store.dynamodb.orders import DynamoDBOrders
from shared.store.dynamodb.shop import DynamoDBShop
from shared.store.dynamodb.subscriptions import DynamoDBSubscriptions
from shared.store.dynamodb.table import Table

if TYPE_CHECKING:
    from types_aiobotocore_dynamodb import DynamoDBClient

RETENTION = dt.timedelta(days=30)


@dataclass(frozen=True)
class DynamoDBStore(DynamoDBOrders, DynamoDBShop, DynamoDBSubscriptions):
    """The `Store` of one shop; it neither makes the table nor closes the client."""

    async def check(self) -> None:
        """Read the shop's status; a write would tell no more here, and be paid at every probe."""
        await self.status()


def dynamodb_store(
    client: DynamoDBClient,
    table_name: str,
    store_id: str,
    clock: Clock,
    *,
    retention: dt.timedelta = RETENTION,
    timeout_seconds: float = 5,
) -> DynamoDBStore:
    """Use an existing table for a shop's store, each call bounded by `timeout_seconds`."""
    return DynamoDBStore(Table(client, table_name, timeout_seconds), store_id, clock, retention)
