"""A table that DynamoDB restored: whether it is whole, and the settings that a restore loses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import ParamValidationError

from shared.aws.provisioning import OURS
from shared.store.dynamodb.provisioning import EXPIRES, INDEXES, KEYS, items_expire
from shared.store.dynamodb.table import Table
from shop.backup.copying import BackupError

if TYPE_CHECKING:
    from types_aiobotocore_dynamodb.type_defs import (
        KeySchemaElementTypeDef,
        TableDescriptionTypeDef,
        TagTypeDef,
    )


@dataclass(frozen=True, slots=True)
class TableState:
    """Which table it is: each restore makes one with an `id` of its own."""

    id: str
    arn: str
    is_protected: bool


async def table_state(table: Table) -> TableState | None:
    """Describe a shop's table; None if there is none of that name.

    Raises BackupError for a table that is no shop's, or is not restored yet, and
    StoreUnavailableError.
    """
    async with table.in_time():
        try:
            found = (await table.client.describe_table(TableName=table.name))["Table"]
        except (table.client.exceptions.ResourceNotFoundException, ParamValidationError):
            return None  # or a name that no table can have
    _check(table.name, found)
    return TableState(
        id=found.get("TableId") or found["CreationDateTime"].isoformat(),  # moto has no ids
        arn=found["TableArn"],
        is_protected=found.get("DeletionProtectionEnabled", False),
    )


async def protect(table: Table, state: TableState) -> None:
    """Switch on expiry, point-in-time recovery and deletion protection, and tag the table.

    Raises StoreUnavailableError, also where these rights are missing.
    """
    client, name = table.client, table.name
    tags: list[TagTypeDef] = [{"Key": key, "Value": value} for key, value in OURS.items()]
    async with table.in_time():
        if not await items_expire(client, name):
            await client.update_time_to_live(TableName=name, TimeToLiveSpecification=EXPIRES)
        await client.update_continuous_backups(
            TableName=name,
            PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True},
        )
        await client.tag_resource(ResourceArn=state.arn, Tags=tags)
        if not state.is_protected:  # last: it keeps the table from other changes for a while
            await client.update_table(TableName=name, DeletionProtectionEnabled=True)


def _check(name: str, found: TableDescriptionTypeDef) -> None:
    indexes = {index["IndexName"]: index for index in found.get("GlobalSecondaryIndexes", ())}
    restored = {index: _keys(entry["KeySchema"]) for index, entry in indexes.items()}
    if _keys(found["KeySchema"]) != KEYS or not INDEXES.items() <= restored.items():
        raise BackupError(
            f"The table {name} has not the keys and indexes of a coffee shop's: "
            "restore it with all its indexes."
        )
    states = {found["TableStatus"], *(indexes[index]["IndexStatus"] for index in INDEXES)}
    if not states <= {"ACTIVE", "UPDATING"}:
        raise BackupError(
            f"The table {name} is not restored yet ({', '.join(sorted(states - {'ACTIVE'}))}): "
            f"try again after `aws dynamodb wait table-exists --table-name {name}`."
        )


def _keys(schema: list[KeySchemaElementTypeDef]) -> tuple[str, ...]:
    return tuple(element["AttributeName"] for element in schema)
