"""The embedded order store: one SQLite file that several processes share."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from shared.store.sqlite.documents import SqliteDocuments
from shared.store.sqlite.file import open_file
from shared.store.sqlite.heartbeats import SqliteHeartbeats
from shared.store.sqlite.key_values import SqliteKeyValues
from shared.store.sqlite.orders import SqliteOrders
from shared.store.sqlite.photo_records import SqlitePhotoRecords
from shared.store.sqlite.shop import SqliteShop
from shared.store.sqlite.staff_keys import SqliteStaffKeys
from shared.store.sqlite.subscriptions import SqliteSubscriptions


@dataclass(frozen=True)
class SqliteStore(
    SqliteOrders,
    SqliteShop,
    SqliteDocuments,
    SqlitePhotoRecords,
    SqliteStaffKeys,
    SqliteHeartbeats,
    SqliteKeyValues,
    SqliteSubscriptions,
):
    """The `Store` of one shop, in a file that several shops may share."""


open_sqlite_store = partial(open_file, SqliteStore)
"""Opens a file as the store of one shop; see `open_file`."""
