"""The shop's documents in the embedded store."""

from __future__ import annotations

import datetime as dt
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from shared.clock import sortable
from shared.store.document_contract import DocumentChangedError, DocumentKind, DocumentVersion
from shared.store.sqlite.changes import SqliteChanges

_PUT = """INSERT INTO documents (store_id, kind, version, at, by_key, body)
    SELECT :shop, :kind, :version, :at, :by, :body
    WHERE :version = 1 + coalesce(
        (SELECT max(version) FROM documents WHERE store_id = :shop AND kind = :kind), 0)"""
_LIST = """SELECT version, at, by_key, body FROM documents
    WHERE store_id = ? AND kind = ? AND version < ? ORDER BY version DESC LIMIT ?"""

_AFTER_ALL = 2**63 - 1
"""The largest integer that SQLite knows."""


@dataclass(frozen=True)
class SqliteDocuments(SqliteChanges):
    """The `DocumentStore` of one shop, in a file that several shops may share."""

    async def document(self, kind: DocumentKind) -> DocumentVersion | None:
        """Read the newest version."""
        newest = await self.document_versions(kind, 1)
        return newest[0] if newest else None

    async def put_document(self, new: DocumentVersion) -> None:
        """Record a version after the newest one; raises DocumentChangedError."""
        values = {
            "shop": self.store_id,
            "kind": new.kind,
            "version": new.version,
            "at": sortable(new.at),
            "by": new.by,
            "body": new.body,
        }
        write = self.with_change(lambda db: db.execute(_PUT, values).rowcount, new.change)
        if not await self.writes.run(write):
            raise DocumentChangedError(f"version {new.version} does not follow the newest")

    async def document_versions(
        self, kind: DocumentKind, limit: int, before: int | None = None
    ) -> Sequence[DocumentVersion]:
        """List versions, the newest first."""
        wanted = (self.store_id, kind, _AFTER_ALL if before is None else before, limit)

        def read(connection: sqlite3.Connection) -> Sequence[DocumentVersion]:
            return [
                DocumentVersion(kind, version, dt.datetime.fromisoformat(at), by, body)
                for version, at, by, body in connection.execute(_LIST, wanted)
            ]

        return await self.reads.run(read)
