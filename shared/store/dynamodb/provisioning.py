"""How the DynamoDB table of the order store is created."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import structlog
from botocore.exceptions import ClientError

from shared.store.dynamodb.table import DAY_INDEX, OPEN_INDEX, Table

if TYPE_CHECKING:
    from types_aiobotocore_dynamodb import DynamoDBClient
    from types_aiobotocore_dynamodb.type_defs import (
        KeySchemaElementTypeDef,
        TimeToLiveSpecificationTypeDef,
    )

KEYS = ("pk", "sk")
"""The attributes of the primary key: the partition, and the sort key."""

INDEXES = {OPEN_INDEX: ("open", "placed"), DAY_INDEX: ("day", "placed")}
"""The indexes, each with the attributes of its key."""

EXPIRES: TimeToLiveSpecificationTypeDef = {"Enabled": True, "AttributeName": "expires"}

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
            KeySchema=_schema(*KEYS),
            GlobalSecondaryIndexes=[
                {
                    "IndexName": name,
                    "KeySchema": _schema(*keys),
                    "Projection": {"ProjectionType": "KEYS_ONLY"},
                }
                for name, keys in INDEXES.items()
            ],
            DeletionProtectionEnabled=True,
        )


def _schema(partition: str, sort: str) -> Sequence[KeySchemaElementTypeDef]:
    return [
        {"AttributeName": partition, "KeyType": "HASH"},
        {"AttributeName": sort, "KeyType": "RANGE"},
    ]


async def _expire_items(client: DynamoDBClient, table_name: str) -> None:
    if await items_expire(client, table_name):
        return
    try:
        await client.update_time_to_live(
            TableName=table_name,
            TimeToLiveSpecification=EXPIRES,
        )
    except ClientError:
        if not await items_expire(client, table_name):  # another process was quicker
            raise


async def items_expire(client: DynamoDBClient, table_name: str) -> bool:
    """Return whether a table's items expire, or are about to."""
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
