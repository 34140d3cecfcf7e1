"""How the DynamoDB table of the order store is created."""

from __future__ import annotations

import contextlib
import math
from typing import TYPE_CHECKING

import structlog
from botocore.exceptions import ClientError

from shared.store.dynamodb.table import DAY_INDEX, OPEN_INDEX, Table

if TYPE_CHECKING:
    from types_aiobotocore_dynamodb import DynamoDBClient
    from types_aiobotocore_dynamodb.type_defs import GlobalSecondaryIndexTypeDef

log = structlog.stdlib.get_logger(__name__)


async def provision_table(
    client: DynamoDBClient, table_name: str, *, timeout_seconds: float = 60
) -> None:
    """Create the table unless it exists, and enable expiry and point-in-time recovery.

    Several processes may do so at once. Raises StoreUnavailableError.
    """
    async with Table(client, table_name, timeout_seconds).in_time():
        await _create(client, table_name)
        await client.get_waiter("table_exists").wait(
            TableName=table_name,
            WaiterConfig={"Delay": 1, "MaxAttempts": math.ceil(timeout_seconds)},
        )
        await _expire_items(client, table_name)
        await _keep_backups(client, table_name)


async def _create(client: DynamoDBClient, table_name: str) -> None:
    with contextlib.suppress(client.exceptions.ResourceInUseException):  # it is there
        await client.create_table(
            TableName=table_name,
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[
                {"AttributeName": name, "AttributeType": "S"}
                for name in ("pk", "sk", "open", "day", "placed")
            ],
            KeySchema=[
                {"AttributeName": "pk", "KeyType": "HASH"},
                {"AttributeName": "sk", "KeyType": "RANGE"},
            ],
            GlobalSecondaryIndexes=[_index(OPEN_INDEX, "open"), _index(DAY_INDEX, "day")],
        )


def _index(name: str, partition: str) -> GlobalSecondaryIndexTypeDef:
    return {
        "IndexName": name,
        "KeySchema": [
            {"AttributeName": partition, "KeyType": "HASH"},
            {"AttributeName": "placed", "KeyType": "RANGE"},
        ],
        "Projection": {"ProjectionType": "KEYS_ONLY"},
    }


async def _expire_items(client: DynamoDBClient, table_name: str) -> None:
    if await _items_expire(client, table_name):
        return
    try:
        await client.update_time_to_live(
            TableName=table_name,
            TimeToLiveSpecification={"Enabled": True, "AttributeName": "expires"},
        )
    except ClientError:
        if not await _items_expire(client, table_name):  # another process was quicker
            raise


async def _items_expire(client: DynamoDBClient, table_name: str) -> bool:
    answer = await client.describe_time_to_live(TableName=table_name)
    return answer["TimeToLiveDescription"].get("TimeToLiveStatus") in {"ENABLING", "ENABLED"}


async def _keep_backups(client: DynamoDBClient, table_name: str) -> None:
    """Enable point-in-time recovery; the shop opens without it, as some emulators lack it."""
    try:
        await client.update_continuous_backups(
            TableName=table_name,
            PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True},
        )
    except ClientError as error:
        log.warning("store.no_point_in_time_recovery", table=table_name, reason=str(error))
