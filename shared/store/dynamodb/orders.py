"""Orders in DynamoDB: conditional writes, and pages by way of the indexes."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Collection, Container, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from dataclasses import replace as with_changes
from typing import Any

from shared.clock import Clock
from shared.domain.order import OPEN_STATES, Order, OrderState
from shared.store import cursor as cursors
from shared.store.contract import OrderChangedError, Page, Placement, StoreUnavailableError
from shared.store.dynamodb.batch import LARGEST_CHUNK
from shared.store.dynamodb.item import (
    Item,
    epoch_seconds,
    order_item,
    order_key,
    order_of,
    same_write,
    shop_key,
)
from shared.store.dynamodb.listing import (
    Chunks,
    by_day,
    count_by_day,
    oldest_open,
    orders_at,
    still_open,
)
from shared.store.dynamodb.table import ABSENT, Table

_CLOCK_SKEW = dt.timedelta(minutes=5)
"""How far ahead the clock of another process may be that has placed an order."""


@dataclass(frozen=True)
class DynamoDBOrders:
    """The `OrderStore` of one shop, in a table that several shops may share.

    Orders are listed, and closed ones are kept, for `retention`. A page looks at no more than
    about `looked_at_per_page` orders: of a rare state it ends early rather than late.
    """

    table: Table
    store_id: str
    clock: Clock
    retention: dt.timedelta
    looked_at_per_page: int = 500

    async def place(self, order: Order, business_day: dt.date) -> Placement:
        """Record a new order; see `OrderStore.place`."""
        async with self.table.in_time():
            recorded = await self.table.item(order_key(order.id))
            if recorded is not None:  # a replay must not use a number up
                return Placement(order_of(recorded), created=False)
            number = await self._next_number(order.store_id, business_day)
            item = self._item(with_changes(order, number=number))
            recorded = await self.table.put_or_find(item, ABSENT)
            if recorded is None:
                raise StoreUnavailableError("the order store lost the order while it was placed")
            return Placement(order_of(recorded), created=same_write(recorded, item))

    async def get(self, order_id: str) -> Order | None:
        """Look an order up."""
        async with self.table.in_time():
            item = await self.table.item(order_key(order_id))
        return None if item is None else order_of(item)

    async def replace(self, before: Order, after: Order) -> None:
        """Write `after` over `before`; see `OrderStore.replace`."""
        item = self._item(after)
        async with self.table.in_time():
            recorded = await self.table.put_or_find(item, _unchanged(before))
        if recorded is None or not same_write(recorded, item):
            raise OrderChangedError(before.id)

    async def page(self, state: OrderState | None, limit: int, cursor: str | None) -> Page:
        """List orders, newest first; one more than asked for tells of a next page."""
        start = None if cursor is None else cursors.decode(cursor)
        found: list[Order] = []
        looked_at = 0
        async with self.table.in_time(), aclosing(self._chunks(state, start, limit + 1)) as chunks:
            async for positions in chunks:
                orders = await orders_at(self.table, positions)
                found += [order for order in orders if state in {None, order.state}]
                looked_at += len(positions)
                if len(found) > limit:
                    return Page(found[:limit], cursors.encode(cursors.position(found[limit - 1])))
                if looked_at >= self.looked_at_per_page:
                    return Page(found, cursors.encode(positions[-1]))
        return Page(found, None)

    async def open_orders(self, states: Collection[OrderState], limit: int) -> Sequence[Order]:
        """List open orders, the newest placed first."""
        found: list[Order] = []
        async with (
            self.table.in_time(),
            aclosing(still_open(self.table, self.store_id, None, LARGEST_CHUNK)) as chunks,
        ):
            async for positions in chunks:
                orders = await orders_at(self.table, positions)
                found += [
                    order for order in orders if order.state in OPEN_STATES.intersection(states)
                ]
                if len(found) >= limit:
                    break
        return found[:limit]

    async def oldest_open_orders(self, known: Container[str], limit: int) -> Sequence[Order]:
        """List open orders, the oldest placed first."""
        found: list[Order] = []
        async with (
            self.table.in_time(),
            aclosing(oldest_open(self.table, self.store_id, known)) as chunks,
        ):
            async for positions in chunks:
                found += await orders_at(self.table, positions)
                if len(found) >= limit:
                    break
        return [order for order in found if order.state in OPEN_STATES][:limit]

    async def count_placed(self, since: dt.datetime, until: dt.datetime) -> int:
        """Count the orders placed in a time, of those that are still kept."""
        async with self.table.in_time():
            return await count_by_day(self.table, self.store_id, since, until)

    def _chunks(
        self, state: OrderState | None, start: cursors.Position | None, size: int
    ) -> Chunks:
        if state in OPEN_STATES:
            return still_open(self.table, self.store_id, start, size)
        now = self.clock()
        newest = (now + _CLOCK_SKEW).date()
        oldest = (now - self.retention).date()
        days = [newest - dt.timedelta(days=back) for back in range((newest - oldest).days + 1)]
        return by_day(self.table, self.store_id, days, start, size)

    def _item(self, order: Order) -> Item:
        return order_item(order, uuid.uuid4().hex, self.clock() + self.retention)

    async def _next_number(self, store_id: str, business_day: dt.date) -> str:
        kept_until = dt.datetime.combine(business_day, dt.time(), dt.UTC) + self.retention
        answer = await self.table.client.update_item(
            TableName=self.table.name,
            Key=shop_key(store_id, f"numbers#{business_day.isoformat()}"),
            UpdateExpression="ADD last_number :one SET expires = :expires",
            ExpressionAttributeValues={":one": {"N": "1"}, ":expires": epoch_seconds(kept_until)},
            ReturnValues="UPDATED_NEW",
        )
        return f"{int(answer['Attributes']['last_number']['N']):03d}"


def _unchanged(before: Order) -> Mapping[str, Any]:
    return {
        "ConditionExpression": "#version = :version AND #attempt = :attempt",
        "ExpressionAttributeNames": {"#version": "version", "#attempt": "attempt"},
        "ExpressionAttributeValues": {
            ":version": {"N": str(before.version)},
            ":attempt": {"N": str(before.attempt)},
        },
    }
