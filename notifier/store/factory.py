"""How the notifier opens the store that its settings name."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from notifier.store.sqlite.store import SqliteNotifierStore
from shared.clock import Clock
from shared.store.factory import open_either

if TYPE_CHECKING:
    from notifier.store.dynamodb.store import DynamoDBNotifierStore
    from shared.store.dynamodb.table import Table


def _in_table(table: Table, store_id: str, clock: Clock) -> DynamoDBNotifierStore:
    from notifier.store.dynamodb.store import DynamoDBNotifierStore  # noqa: PLC0415 - not often used

    return DynamoDBNotifierStore(table, store_id, clock)


open_notifier_store = partial(open_either, (SqliteNotifierStore, _in_table))
"""Open the notifier's part of the order store, as `open_store` does the rest."""
