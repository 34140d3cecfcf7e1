"""The order store on AWS: one DynamoDB table."""

from __future__ import annotations

from dataclasses import dataclass

from shared.store.dynamodb.documents import DynamoDBDocuments
from shared.store.dynamodb.heartbeats import DynamoDBHeartbeats
from shared.store.dynamodb.key_values import DynamoDBKeyValues
from shared.store.dynamodb.orders import DynamoDBOrders
from shared.store.dynamodb.photo_records import DynamoDBPhotoRecords
from shared.store.dynamodb.shop import DynamoDBShop
from shared.store.dynamodb.staff_keys import DynamoDBStaffKeys
from shared.store.dynamodb.subscriptions import DynamoDBSubscriptions


@dataclass(frozen=True)
class DynamoDBStore(
    DynamoDBOrders,
    DynamoDBShop,
    DynamoDBDocuments,
    DynamoDBPhotoRecords,
    DynamoDBStaffKeys,
    DynamoDBHeartbeats,
    DynamoDBKeyValues,
    DynamoDBSubscriptions,
):
    """The `Store` of one shop; it neither creates the table nor closes the client."""
