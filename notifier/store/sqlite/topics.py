"""Topics and their issues in the embedded store."""

from __future__ import annotations

import datetime as dt
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from shared.clock import sortable
from shared.domain.issue import Issue
from shared.store.document import ISSUE
from shared.store.sqlite.connection import changing, documents
from shared.store.sqlite.file import SqliteRecords


@dataclass(frozen=True)
class SqliteTopics(SqliteRecords):
    """The `TopicStore` of one shop, in a file that several shops may share."""

    async def put_topic(self, name: str, description: str) -> bool:
        """Record a topic, or change its description; return whether it is new."""

        def put(connection: sqlite3.Connection) -> bool:
            topic = (description, self.store_id, name)
            described = connection.execute(
                "UPDATE topics SET description = ? WHERE store_id = ? AND name = ?", topic
            )
            if described.rowcount:
                return False
            connection.execute(
                "INSERT INTO topics (description, store_id, name) VALUES (?, ?, ?)", topic
            )
            return True

        return await self.writes.run(put)

    async def topics(self) -> Mapping[str, str]:
        """Give every recorded topic's description."""
        query = "SELECT name, description FROM topics WHERE store_id = ? ORDER BY name"
        return dict(await self.reads.run(lambda db: db.execute(query, (self.store_id,)).fetchall()))

    async def add_issue(self, issue: Issue) -> Issue:
        """Record an issue that is to be announced; a recorded one stays as it is."""

        def add(connection: sqlite3.Connection) -> Issue:
            connection.execute(
                "INSERT INTO issues (store_id, id, at, document) VALUES (?, ?, ?, ?)"
                " ON CONFLICT DO NOTHING",
                (self.store_id, issue.id, sortable(issue.at), ISSUE.dump_json(issue).decode()),
            )
            query = "SELECT document FROM issues WHERE store_id = ? AND id = ?"
            (recorded,) = documents(ISSUE, query, self.store_id, issue.id)(connection)
            return recorded

        return await self.writes.run(add)

    async def issue(self, issue_id: str) -> Issue | None:
        """Read an issue."""
        query = "SELECT document FROM issues WHERE store_id = ? AND id = ?"
        found = await self.reads.run(documents(ISSUE, query, self.store_id, issue_id))
        return found[0] if found else None

    async def withdraw_issue(self, issue_id: str, now: dt.datetime) -> bool:
        """Withdraw an issue that is to be announced after `now`; there is nothing to announce."""
        statement = (
            "UPDATE issues SET announced = 1,"
            " document = json_set(document, '$.withdrawn', json('true'))"
            " WHERE store_id = ? AND id = ? AND announced = 0 AND at > ?"
        )
        withdraw = changing(statement, self.store_id, issue_id, sortable(now))
        return await self.writes.run(withdraw) > 0

    async def issues(self) -> Sequence[Issue]:
        """List all issues that are not withdrawn, the newest first."""
        query = "SELECT document FROM issues WHERE store_id = ? ORDER BY at DESC, id DESC"
        found = await self.reads.run(documents(ISSUE, query, self.store_id))
        return [issue for issue in found if not issue.withdrawn]

    async def issue_announced(self, issue_id: str) -> None:
        """Record that every delivery of an issue is in the log."""
        statement = "UPDATE issues SET announced = 1 WHERE store_id = ? AND id = ?"
        await self.writes.run(changing(statement, self.store_id, issue_id))

    async def is_announced(self, issue_id: str) -> bool:
        """Return whether every delivery of an issue is known to be in the log."""
        query = "SELECT announced FROM issues WHERE store_id = ? AND id = ?"
        values = (self.store_id, issue_id)
        row = await self.reads.run(lambda db: db.execute(query, values).fetchone())
        return row is not None and bool(row[0])

    async def unannounced_issues(self, limit: int) -> Sequence[Issue]:
        """List issues that may not have reached the log, the oldest first."""
        query = (
            "SELECT document FROM issues WHERE store_id = ? AND announced = 0"
            " ORDER BY at, id LIMIT ?"
        )
        return await self.reads.run(documents(ISSUE, query, self.store_id, limit))
