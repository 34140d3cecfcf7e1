"""Walks through the indexes of the DynamoDB table, by the time at which orders were placed."""

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
"""Orders' places in the list of all, some at a time."""

_AFTER_ALL = "~"
"""Sorts after every position, as `~` does after every digit."""


async def still_open(table: Table, store_id: str, start: Position | None, size: int) -> Chunks:
    """Walk through the open orders that are older than `start`, the newest first."""
    async for positions in _walk(table, (OPEN_INDEX, "open", store_id), start, size):
        yield positions


async def oldest_open(table: Table, store_id: str, known: Container[str]) -> Chunks:
    """Walk through the open orders from the oldest on, without those whose ids are `known`."""
    pages = table.client.get_paginator("query").paginate(
        TableName=table.name,
        IndexName=OPEN_INDEX,
        KeyConditionExpression="#partition = :partition",
        ExpressionAttributeNames={"#partition": "open"},
        ExpressionAttributeValues={":partition": {"S": store_id}},
    )
    async for page in pages:
        places = [position_of(item) for item in page["Items"]]
        news = [place for place in places if place.order_id not in known]
        for start in range(0, len(news), LARGEST_CHUNK):
            yield news[start : start + LARGEST_CHUNK]


async def by_day(
    table: Table, store_id: str, days: Iterable[dt.date], start: Position | None, size: int
) -> Chunks:
    """Walk through the orders of some UTC days, the last day first, that are older than `start`."""
    for day in days:
        if start is None or day.isoformat() <= start.placed_at[:10]:
            async for positions in _walk(
                table, (DAY_INDEX, "day", day_key(store_id, day)), start, size
            ):
                yield positions


async def count_by_day(table: Table, store_id: str, since: dt.datetime, until: dt.datetime) -> int:
    """Count the orders placed from `since` on and before `until`, by their index alone."""
    count = 0
    for day in _days(since, until):
        pages = table.client.get_paginator("query").paginate(
            TableName=table.name,
            IndexName=DAY_INDEX,
            Select="COUNT",
            KeyConditionExpression="#day = :day AND #placed BETWEEN :since AND :until",
            ExpressionAttributeNames={"#day": "day", "#placed": "placed"},
            ExpressionAttributeValues={
                ":day": {"S": day_key(store_id, day)},
                ":since": {"S": sortable(since)},
                ":until": {"S": sortable(until)},  # sorts before every order of that instant
            },
        )
        count += sum([page["Count"] async for page in pages])
    return count


def _days(since: dt.datetime, until: dt.datetime) -> Iterable[dt.date]:
    first, last = since.astimezone(dt.UTC).date(), until.astimezone(dt.UTC).date()
    return [first + dt.timedelta(days=more) for more in range((last - first).days + 1)]


async def orders_at(table: Table, positions: Sequence[Position]) -> Sequence[Order]:
    """Read the orders at some positions, in that order; those gone since are left out.

    Raises StoreUnavailableError when DynamoDB goes on leaving some unread.
    """
    items = await items_at(table, [order_key(position.order_id) for position in positions])
    return [order_of(item) for item in items]


async def _walk(
    table: Table, partition: tuple[str, str, str], start: Position | None, size: int
) -> Chunks:
    index, attribute, value = partition
    before = _AFTER_ALL if start is None else sort_key(start)
    size = min(size, LARGEST_CHUNK)
    while True:
        answer = await table.client.query(
            TableName=table.name,
            IndexName=index,
            KeyConditionExpression="#partition = :partition AND #placed < :before",
            ExpressionAttributeNames={"#partition": attribute, "#placed": "placed"},
            ExpressionAttributeValues={":partition": {"S": value}, ":before": {"S": before}},
            ScanIndexForward=False,
            Limit=size,
        )
        positions = [position_of(item) for item in answer["Items"]]
        if positions:
            yield positions
            before = sort_key(positions[-1])
        if len(positions) < size:
            return
