"""How a service opens the order store that its settings name."""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from shared.clock import Clock
from shared.runtime.refusals import refusals_end_the_start
from shared.runtime.settings import ServiceSettings, StoreKind
from shared.runtime.startup import StartupError
from shared.store.contract import Store, StoreUnavailableError
from shared.store.on_order import OnOrder, ignore_order
from shared.store.sqlite.file import SqliteRecords, open_file
from shared.store.sqlite.store import SqliteStore

if TYPE_CHECKING:
    from types_aiobotocore_dynamodb import DynamoDBClient

    from shared.store.dynamodb.store import DynamoDBStore
    from shared.store.dynamodb.table import DynamoDBRecords, Table

_Sqlite = TypeVar("_Sqlite", bound=SqliteRecords)
_DynamoDB = TypeVar("_DynamoDB", bound="DynamoDBRecords")


def table_name(settings: ServiceSettings) -> str:
    """Name the DynamoDB table of the order store."""
    return settings.table or f"{settings.name_prefix}coffee-shop"


def open_store(
    settings: ServiceSettings,
    dynamodb: DynamoDBClient | None,
    clock: Clock,
    on_order: OnOrder = ignore_order,
) -> AbstractAsyncContextManager[Store]:
    """Open the order store for as long as the block lasts; see `open_either`.

    `on_order` is called with each change of an order that was recorded.
    """

    def in_table(table: Table, store_id: str, clock: Clock) -> DynamoDBStore:
        from shared.store.dynamodb.store import DynamoDBStore  # noqa: PLC0415 - most shops have none

        keep = dt.timedelta(days=settings.keep_orders_days)
        return DynamoDBStore(table, store_id, clock, keep_orders=keep, on_order=on_order)

    in_file = partial(SqliteStore, on_order=on_order)
    return open_either((in_file, in_table), settings, dynamodb, clock)


@contextlib.asynccontextmanager
async def open_either(
    stores: tuple[Callable[..., _Sqlite], Callable[[Table, str, Clock], _DynamoDB]],
    settings: ServiceSettings,
    dynamodb: DynamoDBClient | None,
    clock: Clock,
) -> AsyncIterator[_Sqlite | _DynamoDB]:
    """Open one of two stores as the settings say.

    The table must exist. Raises StartupError when the embedded store's file cannot be opened, or
    DynamoDB refuses credentials or rights; ValueError when the settings name DynamoDB and
    `dynamodb` is None.
    """
    in_file, in_table = stores
    if settings.store is StoreKind.SQLITE:
        path = settings.sqlite_path
        async with contextlib.AsyncExitStack() as stack:
            try:
                opened = await stack.enter_async_context(
                    open_file(in_file, path, settings.store_id, makes=not settings.state_is_made)
                )
            except StoreUnavailableError as error:
                raise StartupError(f"{path} cannot be opened: {error}") from error
            yield opened
    elif dynamodb is None:
        raise ValueError("the settings name DynamoDB, and there is no client for it")
    else:
        from shared.store.dynamodb.table import Table  # noqa: PLC0415 - most shops have none

        records = in_table(Table(dynamodb, table_name(settings)), settings.store_id, clock)
        with contextlib.suppress(StoreUnavailableError), refusals_end_the_start():
            await records.check()
        yield records
