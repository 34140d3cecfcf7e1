"""The log of deliveries in DynamoDB: in the partitions of the subscriptions."""

from __future__ import annotations

import asyncio
import datetime as dt
import itertools
import uuid
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shared.clock import sortable
from shared.domain.delivery import Delivery, DeliveryState, attempted, due_sort_key
from shared.store.document import DELIVERY
from shared.store.dynamodb.batch import LARGEST_CHUNK, items_at, open_items
from shared.store.dynamodb.item import Item, epoch_seconds, key, same_write
from shared.store.dynamodb.subscription_item import subscription_pk
from shared.store.dynamodb.table import ABSENT, DynamoDBRecords

_AT_ONCE = 25
"""How many deliveries are put at a time: DynamoDB has no batch of conditional writes."""

_NOT_DELIVERED: Mapping[str, Any] = {
    "ConditionExpression": "attribute_not_exists(pk) OR #state <> :delivered",
    "ExpressionAttributeNames": {"#state": "state"},
    "ExpressionAttributeValues": {":delivered": {"S": DeliveryState.DELIVERED}},
}


@dataclass(frozen=True)
class DynamoDBDeliveries(DynamoDBRecords):
    """The `DeliveryLog` of one shop, in a table that several shops may share.

    A finished delivery is kept for `retention`.
    """

    async def log_due(self, deliveries: Collection[Delivery]) -> None:
        """Record deliveries that are due; when this raises, some of them may be recorded."""
        items = iter([self._delivery_item(delivery) for delivery in deliveries])
        while chunk := list(itertools.islice(items, _AT_ONCE)):
            await self._put_absent(chunk)

    async def delivery(self, subscription_id: str, delivery_id: str) -> Delivery | None:
        """Read a delivery."""
        async with self.table.in_time():
            item = await self.table.item(self._delivery_key(subscription_id, delivery_id))
        return None if item is None else _delivery(item)

    async def claim_attempt(
        self, delivery: Delivery, at: dt.datetime, not_before: dt.datetime
    ) -> Delivery | None:
        """Count an attempt before it is made; see `DeliveryLog.claim_attempt`."""
        claimed = attempted(delivery, at, not_before)
        item: Item = {**self._delivery_item(claimed), "write_id": {"S": uuid.uuid4().hex}}
        async with self.table.in_time():
            recorded = await self.table.put_or_find(item, _unchanged(delivery))
        return claimed if recorded is not None and same_write(recorded, item) else None

    async def log_attempt(self, delivery: Delivery) -> None:
        """Write a delivery over the one before; see `DeliveryLog.log_attempt`."""
        condition = {} if delivery.state is DeliveryState.DELIVERED else _NOT_DELIVERED
        async with self.table.in_time():
            await self.table.put(self._delivery_item(delivery), condition)

    async def delivery_states(
        self, subscription_ids: Collection[str], delivery_id: str
    ) -> Mapping[DeliveryState, int]:
        """Count the deliveries of one event to some subscribers, by state."""
        keys = iter([self._delivery_key(one, delivery_id) for one in subscription_ids])
        states: Counter[DeliveryState] = Counter()
        while chunk := list(itertools.islice(keys, LARGEST_CHUNK)):
            async with self.table.in_time():
                items = await items_at(self.table, chunk)
            states.update(DeliveryState(item["state"]["S"]) for item in items)
        return states

    async def last_deliveries(
        self, subscription_id: str, limit: int, before: str = ""
    ) -> Sequence[Delivery]:
        """List deliveries to a subscriber, the newest event first; of large ones, fewer."""
        after: Any = (
            {"ExclusiveStartKey": self._delivery_key(subscription_id, before)} if before else {}
        )
        async with self.table.in_time():
            answer = await self.table.client.query(
                TableName=self.table.name,
                KeyConditionExpression="pk = :subscription AND begins_with(sk, :prefix)",
                ExpressionAttributeValues={
                    ":subscription": {"S": subscription_pk(self.store_id, subscription_id)},
                    ":prefix": {"S": "delivery#"},
                },
                ConsistentRead=True,
                ScanIndexForward=False,
                Limit=limit,
                **after,
            )
        return [_delivery(item) for item in answer["Items"]]

    async def delete_deliveries(self, subscription_id: str) -> int:
        """Delete all deliveries to a subscriber, some at once."""
        deleted = 0
        while found := await self.last_deliveries(subscription_id, _AT_ONCE):
            async with self.table.in_time():
                await asyncio.gather(*map(self._delete_delivery, found))
            deleted += len(found)
        return deleted

    async def due_deliveries(self, limit: int, after: str = "") -> Sequence[Delivery]:
        """List deliveries that are due, beyond a sort key."""
        async with self.table.in_time():
            items = await open_items(self.table, self._due, limit, after)
        return [_delivery(item) for item in items]

    async def count_due(self, above: int) -> Mapping[str, int]:
        """Count the due deliveries of each subscription with more than `above`, by the index."""
        counts: Counter[str] = Counter()
        async for entries in self.table.open_entries(self._due):
            counts.update(entry["placed"]["S"].rpartition("#")[2] for entry in entries)
        return {subscription: due for subscription, due in counts.items() if due > above}

    @property
    def _due(self) -> str:
        return f"due#{self.store_id}"

    def _delivery_key(self, subscription_id: str, delivery_id: str) -> Item:
        return key(subscription_pk(self.store_id, subscription_id), f"delivery#{delivery_id}")

    def _delivery_item(self, delivery: Delivery) -> Item:
        item: Item = {
            **self._delivery_key(delivery.subscription_id, delivery.id),
            "document": {"S": DELIVERY.dump_json(delivery).decode()},
            "state": {"S": delivery.state},
            "attempt": {"S": _last_attempt(delivery)},
        }
        if delivery.state is DeliveryState.DUE:
            return {**item, "open": {"S": self._due}, "placed": {"S": due_sort_key(delivery)}}
        return {**item, "expires": epoch_seconds(self.clock() + self.retention)}

    async def _delete_delivery(self, delivery: Delivery) -> None:
        one = self._delivery_key(delivery.subscription_id, delivery.id)
        await self.table.client.delete_item(TableName=self.table.name, Key=one)

    async def _put_absent(self, items: Iterable[Item]) -> None:
        """Put the items that are absent, all at once; raises after the last when any failed."""
        async with self.table.in_time():
            puts = [self.table.put(item, ABSENT) for item in items]
            for result in await asyncio.gather(*puts, return_exceptions=True):
                if isinstance(result, BaseException):
                    raise result


def _unchanged(delivery: Delivery) -> Mapping[str, Any]:
    return {
        "ConditionExpression": "#state = :state AND attempt = :attempt",
        "ExpressionAttributeNames": {"#state": "state"},
        "ExpressionAttributeValues": {
            ":state": {"S": delivery.state},
            ":attempt": {"S": _last_attempt(delivery)},
        },
    }


def _last_attempt(delivery: Delivery) -> str:
    """Identify the last attempt: a redriven delivery counts its attempts from zero again."""
    tried_at = delivery.tried_at
    return f"{delivery.attempts}#{'' if tried_at is None else sortable(tried_at)}"


def _delivery(item: Item) -> Delivery:
    return DELIVERY.validate_json(item["document"]["S"])
