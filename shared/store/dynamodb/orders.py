"""Orders in DynamoDB: conditional writes, and pages by the indexes."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Collection, Container, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from dataclasses import replace as with_changes
from typing import TYPE_CHECKING, Any

from shared.domain.order import OPEN_STATES, Order, OrderState
from shared.domain.order_copies import forget_customer
from shared.store import cursor as cursors
from shared.store.contract import OrderChangedError, Page, Placement, StoreUnavailableError
from shared.store.dynamodb.batch import LARGEST_CHUNK, items_at
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
    Partition,
    count_by_day,
    day_partitions,
    newest_first,
    oldest_open,
    open_partition,
    orders_at,
    placed_between,
)
from shared.store.dynamodb.numbers import Counter, NumberBlocks
from shared.store.dynamodb.table import ABSENT, DynamoDBRecords
from shared.store.on_order import OnOrder, ignore_order

if TYPE_CHECKING:
    from types_aiobotocore_dynamodb.type_defs import AttributeValueTypeDef

NUMBERS = "numbers#"
"""How the sort keys of the counters of order numbers begin, before the business day."""

_CLOCK_SKEW = dt.timedelta(minutes=5)
"""How far the clock of another process that places orders may be ahead."""


@dataclass(frozen=True)
class DynamoDBOrders(DynamoDBRecords):
    """The `OrderStore` of one shop, in a table that several shops may share.

    Closed orders expire `keep_orders` after their placing. Those of the last `retention` are
    listed, since each day takes a query. A page reads no more than about `read_per_page` orders: in
    a rare state it ends early rather than late. `on_order` is called with each change that was
    recorded through this object.
    """

    keep_orders: dt.timedelta = dt.timedelta(days=30)
    read_per_page: int = 500
    on_order: OnOrder = ignore_order
    numbers: NumberBlocks = field(init=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "numbers", NumberBlocks(self._reserve_numbers))

    async def place(self, order: Order, business_day: dt.date) -> Placement:
        """Record a new order; see `OrderStore.place`."""
        counter = order.store_id, business_day
        async with self.table.in_time():
            number = f"{await self.numbers.take(counter):03d}"
            item = self._item(with_changes(order, number=number))
            recorded = await self.table.put_or_find(item, ABSENT)
            if recorded is None:
                raise StoreUnavailableError("the order store lost the order while it was placed")
        placement = Placement(order_of(recorded), created=same_write(recorded, item))
        if placement.created:
            self.on_order(None, placement.order)
        elif placement.order.number != number:  # a repeated request must not use up a number
            self.numbers.give_back(counter, int(number))
        return placement

    async def get(self, order_id: str) -> Order | None:
        """Read an order."""
        return await self._read_one(order_id, fresh=True)

    async def peek(self, order_id: str) -> Order | None:
        """Read an order by an eventually consistent read."""
        return await self._read_one(order_id, fresh=False)

    async def orders_by_id(self, order_ids: Collection[str]) -> Sequence[Order]:
        """Read orders by their ids, up to 100 in a request."""
        keys = [order_key(order_id) for order_id in frozenset(order_ids)]
        found: list[Order] = []
        async with self.table.in_time():
            for start in range(0, len(keys), LARGEST_CHUNK):
                chunk = keys[start : start + LARGEST_CHUNK]
                found += map(order_of, await items_at(self.table, chunk, fresh=True))
        return found

    async def replace(self, before: Order, after: Order) -> None:
        """Write `after` over `before`; see `OrderStore.replace`."""
        item = self._item(after)
        async with self.table.in_time():
            recorded = await self.table.put_or_find(item, _unchanged(before, after))
        if recorded is not None and same_write(recorded, item):
            self.on_order(before, after)
            return
        if recorded is None or after.forgotten or "forgotten" not in recorded:
            raise OrderChangedError(before.id)
        await self.replace(before, forget_customer(after))

    async def page(self, state: OrderState | None, limit: int, cursor: str | None) -> Page:
        """List orders, newest first; one more than `limit` shows that a page follows."""
        start = None if cursor is None else cursors.decode(cursor)
        found: list[Order] = []
        read = 0
        async with self.table.in_time(), aclosing(self._chunks(state, start, limit + 1)) as chunks:
            async for positions in chunks:
                orders = await orders_at(self.table, positions)
                found += [order for order in orders if state in {None, order.state}]
                read += len(positions)
                if len(found) > limit:
                    return Page(found[:limit], cursors.encode(cursors.position(found[limit - 1])))
                if read >= self.read_per_page:
                    return Page(found, cursors.encode(positions[-1]))
        return Page(found, None)

    async def orders_placed(
        self, since: dt.datetime, until: dt.datetime, limit: int, after: Order | None = None
    ) -> Sequence[Order]:
        """List orders by the time of their placing, of those that are still kept."""
        start = None if after is None else cursors.position(after)
        chunks = placed_between(self.table, self.store_id, since, until, start)
        return await self._read(chunks, frozenset(OrderState), limit)

    async def open_orders(
        self, states: Collection[OrderState], limit: int, *, oldest_first: bool = False
    ) -> Sequence[Order]:
        """List open orders, the newest or the oldest placed first."""
        if oldest_first:
            chunks = oldest_open(self.table, self.store_id, frozenset())
        else:
            chunks = newest_first(self.table, [open_partition(self.store_id)], None, LARGEST_CHUNK)
        return await self._read(chunks, OPEN_STATES.intersection(states), limit)

    async def oldest_open_orders(self, known: Container[str], limit: int) -> Sequence[Order]:
        """List open orders, the oldest placed first."""
        chunks = oldest_open(self.table, self.store_id, known)
        return await self._read(chunks, OPEN_STATES, limit)

    async def delete_closed_orders(self, placed_before: dt.datetime) -> int:
        """Do nothing: closed orders expire by themselves."""
        del placed_before
        return 0

    async def count_placed(self, since: dt.datetime, until: dt.datetime) -> int:
        """Count the orders placed in a time, of those that are still kept."""
        async with self.table.in_time():
            return await count_by_day(self.table, self.store_id, since, until)

    def _chunks(
        self, state: OrderState | None, start: cursors.Position | None, size: int
    ) -> Chunks:
        if state in OPEN_STATES:
            partitions: Sequence[Partition] = [open_partition(self.store_id)]
        else:
            now = self.clock()
            newest = (now + _CLOCK_SKEW).date()
            if start is not None:
                newest = min(newest, dt.datetime.fromisoformat(start.placed_at).date())
            oldest = (now - min(self.retention, self.keep_orders)).date()
            partitions = day_partitions(self.store_id, oldest, newest)
        return newest_first(self.table, partitions, start, size)

    async def _read_one(self, order_id: str, *, fresh: bool) -> Order | None:
        async with self.table.in_time():
            item = await self.table.item(order_key(order_id), fresh=fresh)
        return None if item is None else order_of(item)

    async def _read(
        self, chunks: Chunks, states: Collection[OrderState], limit: int
    ) -> Sequence[Order]:
        """Read up to `limit` orders that are still in one of `states`."""
        found: list[Order] = []
        async with self.table.in_time(), aclosing(chunks):
            async for positions in chunks:
                orders = await orders_at(self.table, positions)
                found += [order for order in orders if order.state in states]
                if len(found) >= limit:
                    break
        return found[:limit]

    def _item(self, order: Order) -> Item:
        return order_item(order, uuid.uuid4().hex, order.placed_at + self.keep_orders)

    def numbers_expire(self, business_day: dt.date) -> AttributeValueTypeDef:
        """Return when the counter of a business day expires."""
        midnight = dt.datetime.combine(business_day, dt.time(), dt.UTC)
        return epoch_seconds(midnight + self.retention)

    async def _reserve_numbers(self, counter: Counter, count: int) -> int:
        store_id, business_day = counter
        answer = await self.table.client.update_item(
            TableName=self.table.name,
            Key=shop_key(store_id, f"{NUMBERS}{business_day.isoformat()}"),
            UpdateExpression="ADD last_number :count SET expires = :expires",
            ExpressionAttributeValues={
                ":count": {"N": str(count)},
                ":expires": self.numbers_expire(business_day),
            },
            ReturnValues="UPDATED_NEW",
        )
        return int(answer["Attributes"]["last_number"]["N"])


def _unchanged(before: Order, after: Order) -> Mapping[str, Any]:
    unless_forgotten = "" if after.forgotten else " AND attribute_not_exists(forgotten)"
    return {
        "ConditionExpression": f"#version = :version AND #attempt = :attempt{unless_forgotten}",
        "ExpressionAttributeNames": {"#version": "version", "#attempt": "attempt"},
        "ExpressionAttributeValues": {
            ":version": {"N": str(before.version)},
            ":attempt": {"N": str(before.attempt)},
        },
    }
