"""Heartbeats of processes in DynamoDB."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from shared.clock import sortable
from shared.domain.shop import CashierHeartbeat, Heartbeat, NotifierHeartbeat, WorkerHeartbeat
from shared.store.dynamodb.item import Item, epoch_seconds, key_of, shop_key
from shared.store.dynamodb.table import DynamoDBRecords
from shared.store.heartbeat_columns import KEPT_AFTER, columns, from_row, to_row

if TYPE_CHECKING:
    from types_aiobotocore_dynamodb.type_defs import AttributeValueTypeDef

_PREFIXES: Mapping[type[Heartbeat], str] = {
    WorkerHeartbeat: "shift#",
    CashierHeartbeat: "cashier#",
    NotifierHeartbeat: "notifier#",
}

_Process = TypeVar("_Process", CashierHeartbeat, NotifierHeartbeat)


@dataclass(frozen=True)
class DynamoDBHeartbeats(DynamoDBRecords):
    """The `HeartbeatStore` of one shop, in a table that several shops may share."""

    async def record_heartbeat(self, beat: Heartbeat) -> None:
        """Write a process's heartbeat over the one before; a worker's expires."""
        item = self._beat_item(beat)
        if isinstance(beat, WorkerHeartbeat):
            item["expires"] = epoch_seconds(beat.until + KEPT_AFTER)
        async with self.table.in_time():
            await self.table.put(item, {})

    async def remove_heartbeat(self, kind: type[Heartbeat], name: str) -> None:
        """Delete a process's heartbeat."""
        async with self.table.in_time():
            await self.table.client.delete_item(
                TableName=self.table.name, Key=self._key(kind, name)
            )

    async def replace_heartbeat(self, before: _Process, after: _Process | None) -> bool:
        """Write `after` over `before`, or delete it; see `HeartbeatStore.replace_heartbeat`."""
        condition: Mapping[str, Any] = {
            "ConditionExpression": "#at = :at",
            "ExpressionAttributeNames": {"#at": "at"},
            "ExpressionAttributeValues": {":at": {"S": sortable(before.at)}},
        }
        async with self.table.in_time():
            if after is not None:
                return await self.table.put(self._beat_item(after), condition)
            try:
                key = key_of(self._beat_item(before))
                await self.table.client.delete_item(TableName=self.table.name, Key=key, **condition)
            except self.table.client.exceptions.ConditionalCheckFailedException:
                return False
        return True

    async def worker_heartbeats(self, at: dt.datetime) -> Sequence[WorkerHeartbeat]:
        """List the heartbeats of the workers that are alive, by name."""
        items = await self.shop_items(_PREFIXES[WorkerHeartbeat])
        beats = [from_row(WorkerHeartbeat, _row(WorkerHeartbeat, item)) for item in items]
        return [beat for beat in beats if beat.until > at]

    async def cashier_heartbeats(self) -> Sequence[CashierHeartbeat]:
        """List the heartbeats of the cashiers that have not stopped cleanly, by name."""
        items = await self.shop_items(_PREFIXES[CashierHeartbeat])
        return [from_row(CashierHeartbeat, _row(CashierHeartbeat, item)) for item in items]

    async def notifier_heartbeats(self) -> Sequence[NotifierHeartbeat]:
        """List the heartbeats of the notifiers that have a live queue, by name."""
        items = await self.shop_items(_PREFIXES[NotifierHeartbeat])
        return [from_row(NotifierHeartbeat, _row(NotifierHeartbeat, item)) for item in items]

    def _beat_item(self, beat: Heartbeat) -> Item:
        row = to_row(beat)
        return {
            **self._key(type(beat), next(iter(row.values()))),
            **{column: _attribute(value) for column, value in row.items()},
        }

    def _key(self, kind: type[Heartbeat], name: str) -> Item:
        return shop_key(self.store_id, f"{_PREFIXES[kind]}{name}")


def _attribute(value: str | float | None) -> AttributeValueTypeDef:
    if value is None:
        return {"NULL": True}
    if isinstance(value, str):
        return {"S": value}
    return {"N": f"{value:.3f}" if isinstance(value, float) else str(value)}


def _row(kind: type[Heartbeat], item: Item) -> Mapping[str, Any]:
    stored = {column: item[column] for column in columns(kind).values() if column in item}
    return {column: value.get("S", value.get("N")) for column, value in stored.items()}
