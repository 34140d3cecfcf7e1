"""The DynamoDB table of the order store: its indexes, and the calls that stores make to it."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import itertools
import random
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError

from shared.clock import Clock
from shared.store.contract import StoreUnavailableError
from shared.store.dynamodb.item import Item, key_of, shop_key

if TYPE_CHECKING:
    from types_aiobotocore_dynamodb import DynamoDBClient

OPEN_INDEX = "open-orders"
"""Open items: an item is in this index only while it has the attribute `open`.

That is the store id for an order; open items of another kind have a partition of their own.
"""

ABSENT: Mapping[str, Any] = {"ConditionExpression": "attribute_not_exists(pk)"}
"""The condition that nothing is recorded under the key."""

LONGEST_PARTITION = 2048
"""How many bytes DynamoDB takes in the partition part of a key."""

DAY_INDEX = "orders-by-day"
"""All orders, by store and UTC day of placing; its keys never change."""

_PAUSE_SECONDS = 0.05
_LONGEST_PAUSE_SECONDS = 1.0

_CONDITION_FAILED = "ConditionalCheckFailed"
_PASSING = frozenset({"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"})
"""Why DynamoDB cancels a transaction that it may take a moment later (TransactWriteItems)."""

_BEFORE_ALL = " "
"""Sorts before every sort key of an index; DynamoDB takes no empty text."""


@dataclass(frozen=True, slots=True)
class Table:
    """A table as a store uses it: each call to it ends within `timeout_seconds`."""

    client: DynamoDBClient
    name: str
    timeout_seconds: float = 5

    @contextlib.asynccontextmanager
    async def in_time(self) -> AsyncIterator[None]:
        """Bound the calls in the block; raises StoreUnavailableError when they fail.

        The error of an invalid request is let through: a retry would be refused as well.
        """
        try:
            async with asyncio.timeout(self.timeout_seconds):
                yield
        except TimeoutError as error:
            message = f"the order store did not answer within {self.timeout_seconds:g} s"
            raise StoreUnavailableError(message) from error
        except (BotoCoreError, ClientError) as error:
            if _is_invalid_request(error):
                raise
            message = f"the order store cannot be used: {error}"
            raise StoreUnavailableError(message) from error

    async def item(self, key: Item, *, fresh: bool = True) -> Item | None:
        """Read an item; None also under a key that is too long.

        A `fresh` one is as of the last completed write, and costs twice as much.
        """
        if len(key["pk"]["S"].encode()) > LONGEST_PARTITION:
            return None
        answer = await self.client.get_item(TableName=self.name, Key=key, ConsistentRead=fresh)
        return answer.get("Item")

    async def pages(self, **query: Any) -> AsyncGenerator[Sequence[Item], None]:
        """Read all items that a query finds; `timeout_seconds` bounds each page, not the whole.

        Raises StoreUnavailableError.
        """
        pages = aiter(self.client.get_paginator("query").paginate(TableName=self.name, **query))
        while True:
            async with self.in_time():
                page = await anext(pages, None)
            if page is None:
                return
            yield page["Items"]

    def open_entries(
        self, partition: str, after: str = "", **options: Any
    ) -> AsyncGenerator[Sequence[Item], None]:
        """Read a partition of the index of open items beyond a sort key, page by page."""
        return self.pages(
            IndexName=OPEN_INDEX,
            KeyConditionExpression="#open = :partition AND #placed > :after",
            ExpressionAttributeNames={"#open": "open", "#placed": "placed"},
            ExpressionAttributeValues={
                ":partition": {"S": partition},
                ":after": {"S": after or _BEFORE_ALL},
            },
            **options,
        )

    async def put(self, item: Item, condition: Mapping[str, Any]) -> bool:
        """Put an item on a condition; return whether the condition held."""
        try:
            await self.client.put_item(TableName=self.name, Item=item, **condition)
        except self.client.exceptions.ConditionalCheckFailedException:
            return False
        return True

    async def put_or_find(self, item: Item, condition: Mapping[str, Any]) -> Item | None:
        """Put an item on a condition, and return the recorded one afterwards, ours or not.

        A refusal alone proves little: the client may have sent the write twice, because the
        answer to the first was lost, and the first may have taken effect. The refusal brings the
        recorded item along, except from an emulator that knows no better.
        """
        try:
            await self.client.put_item(
                TableName=self.name,
                Item=item,
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
                **condition,
            )
        except self.client.exceptions.ConditionalCheckFailedException as refused:
            response: Mapping[str, Any] = refused.response
            return response.get("Item") or await self.item(key_of(item))
        return item

    async def write_all(self, actions: Sequence[Mapping[str, Any]]) -> bool:
        """Write all actions or none (TransactWriteItems); return whether their conditions held.

        Repeated, ever more slowly, while other writes to the items are in progress or there are
        too many. Raises ClientError when it is canceled for anything else.
        """
        named: list[Any] = [
            {verb: {"TableName": self.name, **action} for verb, action in each.items()}
            for each in actions
        ]
        for tried in itertools.count():
            try:
                await self.client.transact_write_items(TransactItems=named)
            except self.client.exceptions.TransactionCanceledException as error:
                reasons = _reasons(error)
                if reasons == {_CONDITION_FAILED}:
                    return False
                if not reasons & _PASSING or reasons - _PASSING - {_CONDITION_FAILED}:
                    raise
                await pause(tried)
            else:
                break
        return True


@dataclass(frozen=True)
class DynamoDBRecords:
    """One shop's records, in a table that several shops may share.

    Closed records are kept for `retention`, and then expire.
    """

    table: Table
    store_id: str
    clock: Clock
    retention: dt.timedelta = dt.timedelta(days=30)

    async def check(self) -> None:
        """Read an item; a write would prove no more here, and be paid at every probe."""
        async with self.table.in_time():
            await self.table.item(shop_key(self.store_id, "status"))

    async def find_damage(self) -> None:
        """Do nothing: DynamoDB keeps checksums, and repairs what it stores."""

    async def erase_replaced(self) -> None:
        """Do nothing: what DynamoDB has deleted cannot be read."""

    async def shop_items(
        self, prefix: str, *, fresh: bool = False, only: Sequence[str] = ()
    ) -> Sequence[Item]:
        """Read the items of the whole shop whose sort keys begin with `prefix`.

        `fresh` ones are as of the last completed write; of each, `only` some attributes are sent.
        """
        names = {f"#{name}": name for name in only}
        projection = {
            "ProjectionExpression": ", ".join(names),
            "ExpressionAttributeNames": names,
        }
        pages = self.table.pages(
            **(projection if only else {}),
            KeyConditionExpression="pk = :shop AND begins_with(sk, :prefix)",
            ExpressionAttributeValues={
                ":shop": shop_key(self.store_id, "")["pk"],
                ":prefix": {"S": prefix},
            },
            ConsistentRead=fresh,
        )
        async with self.table.in_time():
            return [item async for page in pages for item in page]


async def pause(tried: int) -> None:
    """Wait before a write is made again that was refused `tried` times before: up to a second."""
    longest = min(_LONGEST_PAUSE_SECONDS, _PAUSE_SECONDS * 2 ** min(tried, 10))
    await asyncio.sleep(longest * random.random())  # noqa: S311 - no secret


def _reasons(error: ClientError) -> frozenset[str]:
    """Return why DynamoDB canceled a transaction; an action that it would take has none."""
    reasons: Sequence[Mapping[str, Any]] = error.response.get("CancellationReasons", ())
    return frozenset(one.get("Code", "None") for one in reasons) - {"None"}


def _is_invalid_request(error: BotoCoreError | ClientError) -> bool:
    if isinstance(error, ClientError):
        code = error.response["Error"]["Code"]
        return code == "ValidationException" or "ValidationError" in _reasons(error)
    return isinstance(error, ParamValidationError)
