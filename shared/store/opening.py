"""How a service opens the order store that its settings name."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from shared.runtime.clock import Clock
from shared.runtime.mistakes import MistakeError
from shared.runtime.settings import ServiceSettings, StoreKind
from shared.store.contract import Store, StoreUnavailableError
from shared.store.dynamodb import dynamodb_store
from shared.store.sqlite import open_sqlite_store

if TYPE_CHECKING:
    from types_aiobotocore_dynamodb import DynamoDBClient


def table_name(settings: ServiceSettings) -> str:
    """Name the DynamoDB table of the order store."""
    return f"{settings.name_prefix}coffee-shop"


@contextlib.asynccontextmanager
async def open_store(
    settings: ServiceSettings, dynamodb: DynamoDBClient | None, clock: Clock
) -> AsyncIterator[Store]:
    """Open the order store for as long as the block lasts.

    `dynamodb` is needed where the settings say so; its table must be there. Raises MistakeError
    when the embedded store's file cannot be opened.
    """
    if settings.store is StoreKind.SQLITE:
        async with contextlib.AsyncExitStack() as stack:
            opening = open_sqlite_store(settings.sqlite_path, settings.store_id)
            try:
                store = await stack.enter_async_context(opening)
            except StoreUnavailableError as error:
                raise MistakeError(f"{settings.sqlite_path} cannot be opened: {error}") from error
            yield store
    elif dynamodb is not None:
        yield dynamodb_store(dynamodb, table_name(settings), settings.store_id, clock)
    else:
        raise ValueError("the settings ask for DynamoDB, and there is no client for it")
