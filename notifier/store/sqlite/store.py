"""The notifier's records in the embedded store's file."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import partial

from notifier.store.sqlite.deliveries import SqliteDeliveries
from notifier.store.sqlite.pending_confirmations import SqlitePendingConfirmations
from notifier.store.sqlite.postponed_jobs import SqlitePostponedJobs
from notifier.store.sqlite.topics import SqliteTopics
from shared.clock import sortable
from shared.store.sqlite.connection import changing
from shared.store.sqlite.documents import SqliteDocuments
from shared.store.sqlite.file import open_file
from shared.store.sqlite.heartbeats import SqliteHeartbeats
from shared.store.sqlite.key_values import SqliteKeyValues
from shared.store.sqlite.staff_keys import SqliteStaffKeys
from shared.store.sqlite.subscriptions import SqliteSubscriptions

_FINISHED = {
    "deliveries": "state <> 'due' AND touched_at < ?",
    "subscriptions": "state = 'ended' AND since < ?",
    "questions": "until < ?",
    "limit_uses": "until < ?",
}
"""Which rows of a table are finished before a time."""

_DELETED_AT_ONCE = 500
"""How many rows a transaction deletes, so that it does not delay the placing of orders."""


@dataclass(frozen=True)
class SqliteNotifierStore(
    SqliteSubscriptions,
    SqliteDeliveries,
    SqlitePostponedJobs,
    SqliteTopics,
    SqlitePendingConfirmations,
    SqliteHeartbeats,
    SqliteKeyValues,
    SqliteStaffKeys,
    SqliteDocuments,
):
    """The `NotifierStore` of one shop, in a file that several shops may share."""

    async def delete_finished(self, before: dt.datetime, issues_before: dt.datetime) -> None:
        """Delete what was finished before then; what is due or to be announced stays."""
        for table, finished in _FINISHED.items():
            await self._delete(table, finished, before)
        await self._delete("issues", "announced = 1 AND at < ?", issues_before)

    async def _delete(self, table: str, finished: str, before: dt.datetime) -> None:
        delete = changing(
            f"DELETE FROM {table} WHERE rowid IN (SELECT rowid FROM {table}"  # noqa: S608 - text of our own
            f" WHERE store_id = ? AND {finished} LIMIT ?)",
            self.store_id,
            sortable(before),
            _DELETED_AT_ONCE,
        )
        while await self.writes.run(delete) == _DELETED_AT_ONCE:
            pass


open_sqlite_notifier_store = partial(open_file, SqliteNotifierStore)
"""Opens a file as the notifier's store of one shop; see `open_file`."""
