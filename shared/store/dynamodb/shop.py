"""The shop's status and its shifts in DynamoDB."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from shared.clock import sortable
from shared.domain.shop import CashierHeartbeat, ShopState, ShopStatus, WorkerHeartbeat
from shared.store.dynamodb.item import Item, epoch_seconds, shop_key
from shared.store.dynamodb.table import Table

if TYPE_CHECKING:
    from types_aiobotocore_dynamodb.type_defs import AttributeValueTypeDef

_FORGOTTEN_AFTER = dt.timedelta(days=1)
"""How long the shift of a barista that never clocked out stays in the table."""


@dataclass(frozen=True)
class DynamoDBShop:
    """The `ShopStore` of one shop, in a table that several shops may share."""

    table: Table
    store_id: str

    async def status(self) -> ShopStatus:
        """Look the shop's status up."""
        async with self.table.in_time():
            answer = await self.table.client.get_item(
                TableName=self.table.name,
                Key=shop_key(self.store_id, "status"),
                ConsistentRead=True,
            )
        return _status(answer.get("Item", {}))

    async def set_state(
        self, state: ShopState, reason: str | None, until: dt.datetime | None
    ) -> None:
        """Open the shop, or close it; what is sold out stays so."""
        async with self.table.in_time():
            await self.table.client.update_item(
                TableName=self.table.name,
                Key=shop_key(self.store_id, "status"),
                UpdateExpression="SET #state = :state, #reason = :reason, #until = :until",
                ExpressionAttributeNames={
                    "#state": "state",
                    "#reason": "reason",
                    "#until": "until",
                },
                ExpressionAttributeValues={
                    ":state": {"S": state},
                    ":reason": _text(reason),
                    ":until": _time(until),
                },
            )

    async def set_sold_out(self, item_id: str, *, sold_out: bool) -> None:
        """Take an item off the menu for now, or put it back."""
        async with self.table.in_time():
            await self.table.client.update_item(
                TableName=self.table.name,
                Key=shop_key(self.store_id, "status"),
                UpdateExpression=f"{'ADD' if sold_out else 'DELETE'} sold_out :item",
                ExpressionAttributeValues={":item": {"SS": [item_id]}},
            )

    async def record_worker_heartbeat(self, shift: WorkerHeartbeat) -> None:
        """Record that a barista is at work."""
        async with self.table.in_time():
            await self.table.client.put_item(
                TableName=self.table.name,
                Item={
                    **shop_key(self.store_id, f"shift#{shift.barista}"),
                    "barista": {"S": shift.barista},
                    "slots": {"N": str(shift.slots)},
                    "until": {"S": sortable(shift.until)},
                    "head": _time(shift.head),
                    "in_hand": {"N": str(shift.in_hand)},
                    "prepared": {"N": str(shift.prepared)},
                    "prep_seconds": {"N": f"{shift.prep_seconds:.3f}"},
                    "expires": epoch_seconds(shift.until + _FORGOTTEN_AFTER),
                },
            )

    async def remove_worker_heartbeat(self, barista: str) -> None:
        """Forget a barista."""
        async with self.table.in_time():
            await self.table.client.delete_item(
                TableName=self.table.name, Key=shop_key(self.store_id, f"shift#{barista}")
            )

    async def worker_heartbeats(self, at: dt.datetime) -> Sequence[WorkerHeartbeat]:
        """List the baristas that were heard of within their time."""
        shifts = [_shift(item) for item in await self._items("shift#")]
        return [shift for shift in shifts if shift.until > at]

    async def record_cashier_heartbeat(self, sign: CashierHeartbeat) -> None:
        """Record a cashier's sign of life."""
        async with self.table.in_time():
            await self.table.client.put_item(
                TableName=self.table.name,
                Item={
                    **shop_key(self.store_id, f"cashier#{sign.cashier}"),
                    "cashier": {"S": sign.cashier},
                    "at": {"S": sortable(sign.at)},
                    "untold_since": _time(sign.unannounced_since),
                },
            )

    async def remove_cashier_heartbeat(self, cashier: str) -> None:
        """Forget a cashier."""
        async with self.table.in_time():
            await self.table.client.delete_item(
                TableName=self.table.name, Key=shop_key(self.store_id, f"cashier#{cashier}")
            )

    async def cashier_heartbeats(self) -> Sequence[CashierHeartbeat]:
        """List the cashiers that have not signed out."""
        return [_sign(item) for item in await self._items("cashier#")]

    async def _items(self, prefix: str) -> Sequence[Item]:
        """Read all that the shop has under sort keys that begin so."""
        items: list[Item] = []
        async with self.table.in_time():
            pages = self.table.client.get_paginator("query").paginate(
                TableName=self.table.name,
                KeyConditionExpression="pk = :shop AND begins_with(sk, :prefix)",
                ExpressionAttributeValues={
                    ":shop": shop_key(self.store_id, "")["pk"],
                    ":prefix": {"S": prefix},
                },
            )
            async for page in pages:
                items += page["Items"]
        return items

    async def order_id_secret(self, candidate: str) -> str:
        """Give the secret that order ids are made with."""
        async with self.table.in_time():
            answer = await self.table.client.update_item(
                TableName=self.table.name,
                Key=shop_key(self.store_id, "secret"),
                UpdateExpression="SET order_ids = if_not_exists(order_ids, :candidate)",
                ExpressionAttributeValues={":candidate": {"S": candidate}},
                ReturnValues="ALL_NEW",
            )
        return answer["Attributes"]["order_ids"]["S"]


def _text(value: str | None) -> AttributeValueTypeDef:
    return {"NULL": True} if value is None else {"S": value}


def _time(at: dt.datetime | None) -> AttributeValueTypeDef:
    return _text(None if at is None else sortable(at))


def _time_of(item: Item, attribute: str) -> dt.datetime | None:
    at = item.get(attribute, {}).get("S")
    return None if at is None else dt.datetime.fromisoformat(at)


def _status(item: Item) -> ShopStatus:
    return ShopStatus(
        state=ShopState(item.get("state", {}).get("S", ShopState.OPEN)),
        reason=item.get("reason", {}).get("S"),
        until=_time_of(item, "until"),
        sold_out=frozenset(item.get("sold_out", {}).get("SS", ())),
    )


def _shift(item: Item) -> WorkerHeartbeat:
    return WorkerHeartbeat(
        barista=item["barista"]["S"],
        slots=int(item["slots"]["N"]),
        until=dt.datetime.fromisoformat(item["until"]["S"]),
        head=_time_of(item, "head"),
        in_hand=int(item.get("in_hand", {}).get("N", 0)),
        prepared=int(item.get("prepared", {}).get("N", 0)),
        prep_seconds=float(item.get("prep_seconds", {}).get("N", 0)),
    )


def _sign(item: Item) -> CashierHeartbeat:
    return CashierHeartbeat(
        cashier=item["cashier"]["S"],
        at=dt.datetime.fromisoformat(item["at"]["S"]),
        unannounced_since=_time_of(item, "untold_since"),
    )
