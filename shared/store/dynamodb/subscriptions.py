"""Subscriptions in DynamoDB: written in one transaction with the routing keys they are found by."""

from __future__ import annotations

import asyncio
import uuid
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Collection, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any

from shared.domain.subscription import Subscription, SubscriptionState
from shared.store.contract import StoreUnavailableError
from shared.store.dynamodb.batch import open_items
from shared.store.dynamodb.item import Item, key_of, same_write
from shared.store.dynamodb.subscription_item import (
    in_state_partition,
    in_state_sort_key,
    routing_key_items,
    routing_key_pk,
    subscription_item,
    subscription_key,
    subscription_of,
    topic_of,
)
from shared.store.dynamodb.table import ABSENT, LONGEST_PARTITION, DynamoDBRecords
from shared.store.subscription_contract import SUBSCRIBED_PAGE, SubscriptionChangedError


@dataclass(frozen=True)
class DynamoDBSubscriptions(DynamoDBRecords):
    """The `SubscriptionStore` of one shop, in a table that several shops may share.

    An ended subscription is kept for `retention`.
    """

    async def add_subscription(self, subscription: Subscription) -> Subscription:
        """Record a new subscription, unless its id is taken."""
        async with self.table.in_time():
            recorded = await self._write(
                self._subscription_item(subscription), subscription, ABSENT
            )
        if recorded is None:
            raise StoreUnavailableError("the order store was busy with the same subscription")
        return subscription_of(recorded)

    async def subscription(self, subscription_id: str) -> Subscription | None:
        """Read a subscription."""
        async with self.table.in_time():
            item = await self.table.item(subscription_key(self.store_id, subscription_id))
        return None if item is None else subscription_of(item)

    async def replace_subscription(self, before: Subscription, after: Subscription) -> None:
        """Write `after` over `before`; see `SubscriptionStore.replace_subscription`."""
        item = self._subscription_item(after)
        async with self.table.in_time():
            recorded = await self._write(item, after, _unchanged(before))
        if recorded is None or not same_write(recorded, item):
            if recorded is not None and subscription_of(recorded).version == before.version:
                raise StoreUnavailableError("the order store was busy with the same subscription")
            raise SubscriptionChangedError("the subscription was changed by somebody else")

    async def subscribed(
        self, routing_keys: Collection[str]
    ) -> AsyncGenerator[Sequence[Subscription], None]:
        """List all that have one of these routing keys, page by page.

        All keys are queried at once; most have few subscriptions, or none.
        """
        queries = [self._with_routing_key(key) for key in routing_keys]
        first = await asyncio.gather(*map(_next_page, queries))
        listed: set[str] = set()
        for routing_key, page, pages in zip(routing_keys, first, queries, strict=True):
            yield _not_listed(page, listed)
            async for later in pages:
                yield _not_listed(later, listed)
            listed.add(routing_key)

    async def _with_routing_key(
        self, routing_key: str
    ) -> AsyncGenerator[Sequence[Subscription], None]:
        partition = routing_key_pk(self.store_id, routing_key)
        if len(partition.encode()) > LONGEST_PARTITION:
            return
        async for items in self.table.pages(
            KeyConditionExpression="pk = :route",
            ExpressionAttributeValues={":route": {"S": partition}},
            ConsistentRead=True,
            Limit=SUBSCRIBED_PAGE,
        ):
            yield [subscription_of(item) for item in items]

    async def in_state(
        self, state: SubscriptionState, limit: int, after: Subscription | None = None
    ) -> Sequence[Subscription]:
        """List subscriptions in a state, oldest first."""
        partition = in_state_partition(self.store_id, state)
        sort_key = in_state_sort_key(after) if after else ""
        async with self.table.in_time():
            items = await open_items(self.table, partition, limit, sort_key)
        return [subscription_of(item) for item in items]

    async def count_active(self) -> Mapping[str, int]:
        """Count the active subscriptions of each topic, by the index alone."""
        counts: Counter[str] = Counter()
        partition = in_state_partition(self.store_id, SubscriptionState.ACTIVE)
        async for entries in self.table.open_entries(partition):
            counts.update(topic_of(entry) for entry in entries)
        return counts

    def _subscription_item(self, subscription: Subscription) -> Item:
        ended_until = self.clock() + self.retention
        return subscription_item(self.store_id, subscription, uuid.uuid4().hex, ended_until)

    async def _write(
        self, item: Item, subscription: Subscription, condition: Mapping[str, Any]
    ) -> Item | None:
        """Put an item and those of its routing keys; return the item that is recorded then.

        As with `Table.put_or_find`, a refusal alone proves little.
        """
        client, name = self.table.client, self.table.name
        by_key = routing_key_items(self.store_id, subscription)
        if subscription.state is SubscriptionState.ENDED:
            others = [{"Delete": {"TableName": name, "Key": key_of(one)}} for one in by_key]
        else:
            others = [{"Put": {"TableName": name, "Item": one}} for one in by_key]
        actions: list[Any] = [{"Put": {"TableName": name, "Item": item, **condition}}, *others]
        try:
            await client.transact_write_items(TransactItems=actions)
        except client.exceptions.TransactionCanceledException:
            return await self.table.item(key_of(item))
        return item


async def _next_page(pages: AsyncIterator[Sequence[Subscription]]) -> Sequence[Subscription]:
    async for page in pages:
        return page
    return ()


def _not_listed(page: Sequence[Subscription], keys: AbstractSet[str]) -> Sequence[Subscription]:
    return [one for one in page if keys.isdisjoint(one.routing_keys)]


def _unchanged(before: Subscription) -> Mapping[str, Any]:
    return {
        "ConditionExpression": "#version = :version",
        "ExpressionAttributeNames": {"#version": "version"},
        "ExpressionAttributeValues": {":version": {"N": str(before.version)}},
    }
