"""How the notifier opens the store that its settings name."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from notifier.store.contract import NotifierStore
from notifier.store.dynamodb.store import dynamodb_notifier_store
from notifier.store.sqlite.store import open_sqlite_notifier_store
from shared.clock import Clock
from shared.runtime.settings import ServiceSettings, StoreKind
from shared.store.factory import require_client, table_name, usable_file

if TYPE_CHECKING:
    from types_aiobotocore_dynamodb import DynamoDBClient


@contextlib.asynccontextmanager
async def open_notifier_store(
    settings: ServiceSettings, dynamodb: DynamoDBClient | None, clock: Clock
) -> AsyncIterator[NotifierStore]:
    """Open the notifier's part of the order store, as `open_store` does the rest."""
    if settings.store is StoreKind.SQLITE:
        path = settings.sqlite_path
        async with usable_file(path, open_sqlite_notifier_store(path, settings.store_id)) as store:
            yield store
    else:
        client = require_client(dynamodb)
        yield dynamodb_notifier_store(client, table_name(settings), settings.store_id, clock)
