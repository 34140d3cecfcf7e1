"""Lists of orders by the indexes of the DynamoDB table, in the order of their placing."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncGenerator, Container, Iterable, Sequence
from typing import TypeAlias

from shared.clock import sortable
from shared.domain.order import Order
from shared.store.cursor import Position
from shared.store.dynamodb.batch import LARGEST_CHUNK, items_at
from shared.store.dynamodb.item import day_key, order_key, order_of, position_of, sort_key
from shared.store.dynamodb.table import DAY_INDEX, OPEN_INDEX, Table

Chunks: TypeAlias = AsyncGenerator[Sequence[Position], None]
"""Positions of orders, some at a time, never none."""

Partition: TypeAlias = tuple[str, str, str]
"""A part of an index: the index, its key attribute, and the value of that."""

_AFTER_ALL = "~"
"""Sorts after every position, as `~` does after every digit."""


def open_partition(store_id: str) -> Partition:
    """Name the partition of a shop's open orders."""
    return OPEN_INDEX, "open", store_id


def day_partitions(store_id: str, first: dt.date, last: dt.date) -> Sequence[Partition]:
    """Name the partitions of a shop's orders of some UTC days, the last day first."""
    days = [last - dt.timedelta(days=back) for back in range((last - first).days + 1)]
    return [(DAY_INDEX, "day", day_key(store_id, day)) for day in days]


async def newest_first(
    table: Table, partitions: Iterable[Partition], start: Position | None, size: int
) -> Chunks:
    """List the orders of some partitions that are older than `start`, `size` at a time."""
    before = _AFTER_ALL if start is None else sort_key(start)
    for index, attribute, value in partitions:
        pages = table.pages(
            IndexName=index,
            KeyConditionExpression="#partition = :partition AND #placed < :before",
            ExpressionAttributeNames={"#partition": attribute, "#placed": "placed"},
            ExpressionAttributeValues={":partition": {"S": value}, ":before": {"S": before}},
            ScanIndexForward=False,
            PaginationConfig={"PageSize": min(size, LARGEST_CHUNK)},
        )
        async for entries in pages:
            if entries:
                yield [position_of(entry) for entry in entries]


async def placed_between(
    table: Table, store_id: str, since: dt.datetime, until: dt.datetime, after: Position | None
) -> Chunks:
    """List the orders placed from `since` on and before `until`, the oldest first."""
    first = since if after is None else dt.datetime.fromisoformat(after.placed_at)
    days = day_partitions(
        store_id, first.astimezone(dt.UTC).date(), until.astimezone(dt.UTC).date()
    )
    beyond = sortable(since) if after is None else f"{sort_key(after)}#"
    for index, attribute, day in reversed(days):
        pages = table.pages(
            IndexName=index,
            KeyConditionExpression="#day = :day AND #placed BETWEEN :beyond AND :until",
            ExpressionAttributeNames={"#day": attribute, "#placed": "placed"},
            ExpressionAttributeValues={
                ":day": {"S": day},
                ":beyond": {"S": beyond},
                ":until": {"S": sortable(until)},  # sorts before every order of that instant
            },
            PaginationConfig={"PageSize": LARGEST_CHUNK},
        )
        async for entries in pages:
            if entries:
                yield [position_of(entry) for entry in entries]


async def oldest_open(table: Table, store_id: str, known: Container[str]) -> Chunks:
    """List the open orders from the oldest on, without those whose ids are `known`."""
    async for entries in table.open_entries(store_id):
        positions = [position_of(entry) for entry in entries]
        unknown = [position for position in positions if position.order_id not in known]
        for start in range(0, len(unknown), LARGEST_CHUNK):
            yield unknown[start : start + LARGEST_CHUNK]


async def count_by_day(table: Table, store_id: str, since: dt.datetime, until: dt.datetime) -> int:
    """Count the orders placed from `since` on and before `until`, by their index alone."""
    count = 0
    first, last = since.astimezone(dt.UTC).date(), until.astimezone(dt.UTC).date()
    for index, attribute, day in day_partitions(store_id, first, last):
        pages = table.client.get_paginator("query").paginate(
            TableName=table.name,
            IndexName=index,
            Select="COUNT",
            KeyConditionExpression="#day = :day AND #placed BETWEEN :since AND :until",
            ExpressionAttributeNames={"#day": attribute, "#placed": "placed"},
            ExpressionAttributeValues={
                ":day": {"S": day},
                ":since": {"S": sortable(since)},
                ":until": {"S": sortable(until)},  # sorts before every order of that instant
            },
        )
        count += sum([page["Count"] async for page in pages])
    return count


async def orders_at(table: Table, positions: Sequence[Position]) -> Sequence[Order]:
    """Read the orders at some positions, in that order, without those that are gone.

    Raises StoreUnavailableError when DynamoDB keeps leaving some unread.
    """
    items = await items_at(table, [order_key(position.order_id) for position in positions])
    return [order_of(item) for item in items]
