"""How a service opens the order store that its settings name."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from shared.clock import Clock
from shared.runtime.settings import ServiceSettings, StoreKind
from shared.runtime.startup import StartupError
from shared.store.contract import Store, StoreUnavailableError
from shared.store.dynamodb.store import dynamodb_store
from shared.store.sqlite.store import open_sqlite_store

if TYPE_CHECKING:
    from types_aiobotocore_dynamodb import DynamoDBClient

_T = TypeVar("_T")


def table_name(settings: ServiceSettings) -> str:
    """Name the DynamoDB table of the order store."""
    return f"{settings.name_prefix}coffee-shop"


@contextlib.asynccontextmanager
async def open_store(
    settings: ServiceSettings, dynamodb: DynamoDBClient | None, clock: Clock
) -> AsyncIterator[Store]:
    """Open the order store for as long as the block lasts.

    `dynamodb` is needed where the settings say so; its table must be there. Raises StartupError
    when the embedded store's file cannot be opened.
    """
    if settings.store is StoreKind.SQLITE:
        path = settings.sqlite_path
        async with usable_file(path, open_sqlite_store(path, settings.store_id)) as store:
            yield store
    else:
        client = require_client(dynamodb)
        yield dynamodb_store(client, table_name(settings), settings.store_id, clock)


@contextlib.asynccontextmanager
async def usable_file(path: Path, opening: AbstractAsyncContextManager[_T]) -> AsyncIterator[_T]:
    """Open a store's file; raises StartupError when it cannot be used."""
    async with contextlib.AsyncExitStack() as stack:
        try:
            opened = await stack.enter_async_context(opening)
        except StoreUnavailableError as error:
            raise StartupError(f"{path} cannot be opened: {error}") from error
        yield opened


def require_client(dynamodb: DynamoDBClient | None) -> DynamoDBClient:
    """Give the client; raises ValueError when the settings ask for DynamoDB and there is none."""
    if dynamodb is None:
        raise ValueError("the settings ask for DynamoDB, and there is no client for it")
    return dynamodb
