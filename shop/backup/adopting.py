"""Makes a table that DynamoDB restored ready for a shop: a restore loses settings, and time."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from shared.clock import utc_now
from shared.domain.change import Change, Changed
from shared.domain.staff import OWNER, StaffKey
from shared.store.dynamodb.item import key_of, shop_key
from shared.store.dynamodb.orders import NUMBERS
from shared.store.dynamodb.store import DynamoDBStore
from shared.store.dynamodb.table import Table
from shop.backup.copying import BackupError, MisusedError
from shop.backup.numbers import LEFT_OUT, ShopDay, raised
from shop.backup.restored_table import protect, table_state

if TYPE_CHECKING:
    from types_aiobotocore_dynamodb import DynamoDBClient

_SECONDS = 30

_OUTDATED = ("queue-mark", "shift#")
"""With another epoch than the queue's, everything due is queued again. Heartbeats of workers say
how far they were with a queue that the copy knows nothing of."""

_MARK = "adopted"
"""The sort key of the item that names the restore which was made ready last."""


@dataclass(frozen=True, slots=True)
class Adopted:
    """What was done to a table for a shop.

    `numbers` are the last ones left out, by business day; `keys` the staff keys that are valid
    now. `replaced` is the table before, whose numbers and withdrawn keys were taken over. With
    `again`, all that was done before, after the same restore.
    """

    table: str
    store_id: str
    replaced: str | None
    numbers: Mapping[dt.date, int]
    keys: Sequence[StaffKey]
    again: bool


async def adopt_table(client: DynamoDBClient, name: str, before: str, shop: ShopDay) -> Adopted:
    """Make a restored table ready for one shop, in place of the table `before`, if that is there.

    Safe to run again, also where it was cut off. Raises BackupError where it is none of this
    shop's, StoreUnavailableError where DynamoDB refuses, or cannot be reached.
    """
    store = _store(client, name, shop)
    if (state := await table_state(store.table)) is None:
        raise BackupError(f"There is no table {name} in {client.meta.region_name}.")
    if not await _has_items(store):
        raise MisusedError(
            f"The table {name} has nothing of the shop {shop.store_id}: "
            "COFFEE_STORE_ID names another."
        )
    replaced = _store(client, before, shop)
    is_there = before != name and await table_state(replaced.table) is not None
    await protect(store.table, state)
    return await _fit(store, replaced if is_there else None, state.id, shop.today)


async def _fit(
    store: DynamoDBStore, replaced: DynamoDBStore | None, restore_id: str, today: dt.date
) -> Adopted:
    """Fit the shop's items to what has happened since; the numbers once for each restore."""
    marked = await store.table.item(shop_key(store.store_id, _MARK)) or {}
    again = marked.get("restore") == {"S": restore_id}
    numbers: Mapping[dt.date, int] = {}
    if not again:
        if replaced is not None:
            await _withdraw_keys(store, replaced)
            for beat in await replaced.notifier_heartbeats():
                await store.record_heartbeat(beat)  # its queue is removed by this, if it was killed
        for prefix in _OUTDATED:
            await _delete_all(store, prefix)
        numbers = await _raise_numbers(store, replaced, restore_id, today)
    return Adopted(
        table=store.table.name,
        store_id=store.store_id,
        replaced=None if replaced is None else replaced.table.name,
        numbers=numbers,
        keys=[record.key for record in await store.staff_keys()],
        again=again,
    )


async def _raise_numbers(
    store: DynamoDBStore, replaced: DynamoDBStore | None, restore_id: str, today: dt.date
) -> Mapping[dt.date, int]:
    """Leave out those of the table before, and more, since that may still be in use.

    All counters are raised together with the mark, so that no interruption raises one twice.
    """
    counted = await _counted(store)
    for day, last in (await _counted(replaced) if replaced else {}).items():
        counted[day] = max(last, counted.get(day, 0))
    numbers = raised(counted, today, LEFT_OUT)
    mark = {**shop_key(store.store_id, _MARK), "restore": {"S": restore_id}}
    async with store.table.in_time():
        await store.table.write_all(
            [{"Put": {"Item": mark}}]
            + [{"Update": _counter(store, day, last)} for day, last in numbers.items()]
        )
    return numbers


async def _counted(store: DynamoDBStore) -> dict[dt.date, int]:
    items = await store.shop_items(NUMBERS, fresh=True)
    return {
        dt.date.fromisoformat(item["sk"]["S"].removeprefix(NUMBERS)): int(item["last_number"]["N"])
        for item in items
    }


def _counter(store: DynamoDBStore, day: dt.date, last: int) -> Mapping[str, Any]:
    return {
        "Key": shop_key(store.store_id, f"{NUMBERS}{day.isoformat()}"),
        "UpdateExpression": "SET last_number = :last, expires = :expires",
        "ExpressionAttributeValues": {
            ":last": {"N": str(last)},
            ":expires": store.numbers_expire(day),
        },
    }


async def _withdraw_keys(store: DynamoDBStore, replaced: DynamoDBStore) -> None:
    """Withdraw the keys that the table before had not any more."""
    known = {record.key.id for record in await replaced.staff_keys()}
    for record in await store.staff_keys():
        if record.key.id not in known:
            what = f"withdrawn: {record.key.name}"
            change = Change(store.clock(), OWNER.name, Changed.STAFF_KEYS, what)
            await store.withdraw_staff_key(record.key.id, change)


async def _delete_all(store: DynamoDBStore, prefix: str) -> None:
    table = store.table
    for item in await store.shop_items(prefix, fresh=True):
        async with table.in_time():
            await table.client.delete_item(TableName=table.name, Key=key_of(item))


async def _has_items(store: DynamoDBStore) -> bool:
    shop = {":shop": shop_key(store.store_id, "")["pk"]}
    query = {"KeyConditionExpression": "pk = :shop", "ExpressionAttributeValues": shop}
    async with aclosing(store.table.pages(**query, Limit=1)) as pages:
        async for page in pages:
            return bool(page)
    return False


def _store(client: DynamoDBClient, table: str, shop: ShopDay) -> DynamoDBStore:
    return DynamoDBStore(Table(client, table, _SECONDS), shop.store_id, utc_now)
