"""Reads of many items of the DynamoDB table by their keys, in chunks."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import aclosing
from typing import TYPE_CHECKING

from shared.store.contract import StoreUnavailableError
from shared.store.dynamodb.item import Item, key_of
from shared.store.dynamodb.table import Table

if TYPE_CHECKING:
    from types_aiobotocore_dynamodb.type_defs import (
        KeysAndAttributesOutputTypeDef,
        KeysAndAttributesTypeDef,
    )

LARGEST_CHUNK = 100
"""How many items one BatchGetItem takes."""

_PAUSES = (0.05, 0.1, 0.2, 0.4, 0.8)
"""Seconds between the attempts to read the items that DynamoDB left unread."""


async def items_at(table: Table, keys: Sequence[Item], *, fresh: bool = False) -> Sequence[Item]:
    """Read up to `LARGEST_CHUNK` items, in the order of their keys, without those that are gone.

    `fresh` ones are as of the last completed write. Raises StoreUnavailableError when DynamoDB
    keeps leaving some unread.
    """
    found: dict[tuple[str, str], Item] = {}
    unread: Mapping[str, KeysAndAttributesTypeDef | KeysAndAttributesOutputTypeDef] = {
        table.name: {"Keys": keys, "ConsistentRead": fresh}
    }
    for pause in _PAUSES:
        answer = await table.client.batch_get_item(RequestItems=unread)
        found.update((_key(item), item) for item in answer["Responses"].get(table.name, []))
        unread = answer.get("UnprocessedKeys", {})
        if not unread:
            return [found[_key(key)] for key in keys if _key(key) in found]
        await asyncio.sleep(pause)
    raise StoreUnavailableError("the order store is over its capacity, and left items unread")


async def open_items(table: Table, partition: str, limit: int, after: str = "") -> Sequence[Item]:
    """Read up to `limit` open items of a partition, by sort key, beyond `after`.

    The index lags behind: items opened just now may be missing; closed ones are left out.
    """
    found: list[Item] = []
    size = {"PageSize": min(limit, LARGEST_CHUNK)}
    async with aclosing(table.open_entries(partition, after, PaginationConfig=size)) as pages:
        async for entries in pages:
            if entries:
                items = await items_at(table, [key_of(entry) for entry in entries], fresh=True)
                found += [item for item in items if item.get("open") == {"S": partition}]
            if len(found) >= limit:
                break
    return found[:limit]


def _key(item: Item) -> tuple[str, str]:
    return item["pk"]["S"], item["sk"]["S"]
