"""Many items of the DynamoDB table by their keys, some at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from shared.store.contract import StoreUnavailableError
from shared.store.dynamodb.item import Item, key_of
from shared.store.dynamodb.table import OPEN_INDEX, Table

if TYPE_CHECKING:
    from types_aiobotocore_dynamodb.type_defs import (
        KeysAndAttributesOutputTypeDef,
        KeysAndAttributesTypeDef,
    )

LARGEST_CHUNK = 100
"""How many items one BatchGetItem takes."""

_PAUSES = (0.05, 0.1, 0.2, 0.4, 0.8)
"""Seconds between the attempts to read what DynamoDB left unread of a batch."""

_BEFORE_ALL = " "
"""Sorts before every place in an index; DynamoDB takes no empty text."""


async def items_at(table: Table, keys: Sequence[Item], *, fresh: bool = False) -> Sequence[Item]:
    """Read up to `LARGEST_CHUNK` items, in the order of their keys; those gone are left out.

    `fresh` ones are as of the last completed write. Raises StoreUnavailableError when DynamoDB
    goes on leaving some unread.
    """
    found: dict[tuple[str, str], Item] = {}
    unread: Mapping[str, KeysAndAttributesTypeDef | KeysAndAttributesOutputTypeDef] = {
        table.name: {"Keys": keys, "ConsistentRead": fresh}
    }
    for pause in _PAUSES:
        answer = await table.client.batch_get_item(RequestItems=unread)
        found.update((_place(item), item) for item in answer["Responses"].get(table.name, []))
        unread = answer.get("UnprocessedKeys", {})
        if not unread:
            return [found[_place(key)] for key in keys if _place(key) in found]
        await asyncio.sleep(pause)
    raise StoreUnavailableError("the order store is over its capacity, and left items unread")


async def open_items(table: Table, partition: str, limit: int, after: str = "") -> Sequence[Item]:
    """Read up to `limit` items of a partition of the index of what is open, beyond a place in it.

    What the index has not heard of yet is left out, as is what has been closed.
    """
    found: list[Item] = []
    pages = table.client.get_paginator("query").paginate(
        TableName=table.name,
        IndexName=OPEN_INDEX,
        KeyConditionExpression="#partition = :partition AND #placed > :after",
        ExpressionAttributeNames={"#partition": "open", "#placed": "placed"},
        ExpressionAttributeValues={
            ":partition": {"S": partition},
            ":after": {"S": after or _BEFORE_ALL},
        },
        PaginationConfig={"PageSize": min(limit, LARGEST_CHUNK)},
    )
    async for page in pages:
        if page["Items"]:
            items = await items_at(table, [key_of(entry) for entry in page["Items"]], fresh=True)
            found += [item for item in items if item.get("open") == {"S": partition}]
        if len(found) >= limit:
            break
    return found[:limit]


def _place(key: Item) -> tuple[str, str]:
    return key["pk"]["S"], key["sk"]["S"]
