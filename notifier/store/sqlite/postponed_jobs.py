"""Delivery jobs that wait in the embedded store until they are due."""

from __future__ import annotations

import datetime as dt
import sqlite3
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from notifier.store.contract import PostponedJob
from shared.clock import sortable
from shared.store.sqlite.connection import changing
from shared.store.sqlite.file import SqliteRecords

_POSTPONE = """INSERT OR REPLACE INTO postponed_jobs
    (store_id, subscription_id, name, due_at, body) VALUES (?, ?, ?, ?, ?)"""

_DUE = """SELECT subscription_id, name, due_at, body FROM postponed_jobs
    WHERE store_id = ? AND due_at <= ? ORDER BY due_at LIMIT ?"""

_DELETE = """DELETE FROM postponed_jobs
    WHERE store_id = ? AND subscription_id = ? AND name = ? AND due_at = ?"""


@dataclass(frozen=True)
class SqlitePostponedJobs(SqliteRecords):
    """The `PostponedJobStore` of one shop, in a file that several shops may share."""

    async def postpone_job(self, job: PostponedJob) -> None:
        """Record a job, over one of the same name and subscription."""
        values = (job.subscription_id, job.name, sortable(job.due_at), job.body)
        await self.writes.run(changing(_POSTPONE, self.store_id, *values))

    async def postponed_jobs(self, until: dt.datetime, limit: int) -> Sequence[PostponedJob]:
        """List jobs that are due, the earliest first."""
        values = (self.store_id, sortable(until), limit)

        def read(connection: sqlite3.Connection) -> Sequence[PostponedJob]:
            return [
                PostponedJob(subscription_id, name, dt.datetime.fromisoformat(due_at), body)
                for subscription_id, name, due_at, body in connection.execute(_DUE, values)
            ]

        return await self.reads.run(read)

    async def delete_postponed(self, jobs: Collection[PostponedJob]) -> None:
        """Delete jobs, but none that has been postponed to another time since."""
        rows = [
            (self.store_id, job.subscription_id, job.name, sortable(job.due_at)) for job in jobs
        ]
        await self.writes.run(lambda db: db.executemany(_DELETE, rows).rowcount)
