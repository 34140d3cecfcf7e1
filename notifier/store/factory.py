"""How the notifier opens the store that its settings name."""

from __future__ import annotations

from functools import partial

from notifier.store.dynamodb.store import DynamoDBNotifierStore
from notifier.store.sqlite.store import SqliteNotifierStore
from shared.store.factory import open_either

open_notifier_store = partial(open_either, (SqliteNotifierStore, DynamoDBNotifierStore))
"""Open the notifier's part of the order store, as `open_store` does the rest."""
