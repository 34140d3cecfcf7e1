"""How the notifier opens the store that its settings name."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING

from notifier.store.contract import NotifierStore
from notifier.store.dynamodb.store import DynamoDBNotifierStore
from notifier.store.sqlite.store import SqliteNotifierStore
from shared.clock import Clock
from shared.runtime.settings import ServiceSettings
from shared.store.factory import open_either

if TYPE_CHECKING:
    from types_aiobotocore_dynamodb import DynamoDBClient


def open_notifier_store(
    settings: ServiceSettings, dynamodb: DynamoDBClient | None, clock: Clock
) -> AbstractAsyncContextManager[NotifierStore]:
    """Open the notifier's part of the order store, as `open_store` does the rest."""
    return open_either((SqliteNotifierStore, DynamoDBNotifierStore), settings, dynamodb, clock)
