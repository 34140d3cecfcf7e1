"""Topics and their issues in the embedded store."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from shared.clock import sortable
from shared.domain.issue import Issue
from shared.store.document import ISSUE
from shared.store.sqlite.file import SqliteFile


@dataclass(frozen=True)
class SqliteTopics:
    """The `TopicStore` of one shop, in a file that several shops may share."""

    store_id: str
    file: SqliteFile

    async def put_topic(self, name: str, description: str) -> bool:
        """Record a topic, or describe it anew; tell whether it is new."""
        return await self.file.write(
            lambda file: _put_topic(file, self.store_id, name, description)
        )

    async def topics(self) -> Mapping[str, str]:
        """Give every recorded topic's description."""
        return await self.file.read(lambda file: _topics(file, self.store_id))

    async def add_issue(self, issue: Issue) -> Issue:
        """Record an issue that is to be announced; told again, it stays as it is."""
        return await self.file.write(lambda file: _add_issue(file, self.store_id, issue))

    async def issue_announced(self, issue_id: str) -> None:
        """Record that every delivery of an issue is in the log."""
        await self.file.write(lambda file: _issue_announced(file, self.store_id, issue_id))

    async def is_announced(self, issue_id: str) -> bool:
        """Tell whether every delivery of an issue is known to be in the log."""
        return await self.file.read(lambda file: _is_announced(file, self.store_id, issue_id))

    async def unannounced_issues(self, limit: int) -> Sequence[Issue]:
        """List issues that may not have reached the log, the oldest first."""
        return await self.file.read(lambda file: _unannounced(file, self.store_id, limit))


def _put_topic(connection: sqlite3.Connection, store_id: str, name: str, description: str) -> bool:
    described = connection.execute(
        "UPDATE topics SET description = ? WHERE store_id = ? AND name = ?",
        (description, store_id, name),
    )
    if described.rowcount:
        return False
    connection.execute(
        "INSERT INTO topics (store_id, name, description) VALUES (?, ?, ?)",
        (store_id, name, description),
    )
    return True


def _topics(connection: sqlite3.Connection, store_id: str) -> Mapping[str, str]:
    rows = connection.execute(
        "SELECT name, description FROM topics WHERE store_id = ? ORDER BY name", (store_id,)
    )
    return dict(rows.fetchall())


def _add_issue(connection: sqlite3.Connection, store_id: str, issue: Issue) -> Issue:
    connection.execute(
        "INSERT INTO issues (store_id, id, at, document) VALUES (?, ?, ?, ?)"
        " ON CONFLICT DO NOTHING",
        (store_id, issue.id, sortable(issue.at), ISSUE.dump_json(issue).decode()),
    )
    row = connection.execute(
        "SELECT document FROM issues WHERE store_id = ? AND id = ?", (store_id, issue.id)
    )
    return ISSUE.validate_json(row.fetchone()[0])


def _issue_announced(connection: sqlite3.Connection, store_id: str, issue_id: str) -> None:
    connection.execute(
        "UPDATE issues SET announced = 1 WHERE store_id = ? AND id = ?", (store_id, issue_id)
    )


def _is_announced(connection: sqlite3.Connection, store_id: str, issue_id: str) -> bool:
    row = connection.execute(
        "SELECT announced FROM issues WHERE store_id = ? AND id = ?", (store_id, issue_id)
    ).fetchone()
    return row is not None and bool(row[0])


def _unannounced(connection: sqlite3.Connection, store_id: str, limit: int) -> Sequence[Issue]:
    rows = connection.execute(
        "SELECT document FROM issues WHERE store_id = ? AND announced = 0 ORDER BY at, id LIMIT ?",
        (store_id, limit),
    )
    return [ISSUE.validate_json(document) for (document,) in rows]
