"""The shop's documents in DynamoDB, each version an item."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass

from shared.clock import sortable
from shared.store.contract import StoreUnavailableError
from shared.store.document_contract import DocumentChangedError, DocumentKind, DocumentVersion
from shared.store.dynamodb.changes import DynamoDBChanges
from shared.store.dynamodb.item import Item, key_of, same_write, shop_key
from shared.store.dynamodb.table import ABSENT

_LAST_VERSION = 999_999_999
"""Versions have nine digits in sort keys, so that they sort as numbers do."""


@dataclass(frozen=True)
class DynamoDBDocuments(DynamoDBChanges):
    """The `DocumentStore` of one shop, in a table that several shops may share."""

    async def document(self, kind: DocumentKind) -> DocumentVersion | None:
        """Read the newest version."""
        newest = await self.document_versions(kind, 1)
        return newest[0] if newest else None

    async def put_document(self, new: DocumentVersion) -> None:
        """Record a version after the newest one; raises DocumentChangedError.

        Versions are never deleted: while the next one is absent, the newest is the one read.
        """
        newest = await self.document(new.kind)
        item = _item(self.store_id, new)
        if new.version == (newest.version if newest else 0) + 1:
            async with self.table.in_time():
                if await self.write_with_change({"Put": {"Item": item, **ABSENT}}, new.change):
                    return
                recorded = await self.table.item(key_of(item))
            if recorded is None:
                raise StoreUnavailableError("the order store lost the document while it was put")
            if same_write(recorded, item):
                return
        raise DocumentChangedError(f"version {new.version} does not follow the newest")

    async def document_versions(
        self, kind: DocumentKind, limit: int, before: int | None = None
    ) -> Sequence[DocumentVersion]:
        """List versions, the newest first."""
        last = _LAST_VERSION if before is None else min(before - 1, _LAST_VERSION)
        pages = self.table.pages(
            KeyConditionExpression="pk = :shop AND sk BETWEEN :first AND :last",
            ExpressionAttributeValues={
                ":shop": shop_key(self.store_id, "")["pk"],
                ":first": {"S": _sort_key(kind, 0)},
                ":last": {"S": _sort_key(kind, max(last, 0))},
            },
            ScanIndexForward=False,
            Limit=limit,
            ConsistentRead=True,
        )
        found: list[DocumentVersion] = []
        async with aclosing(pages):
            async for page in pages:  # a page ends at 1 MB, even before `limit`
                found += [_version(kind, item) for item in page]
                if len(found) >= limit:
                    break
        return found[:limit]


def _sort_key(kind: DocumentKind, version: int) -> str:
    return f"document#{kind}#{version:09d}"


def _item(store_id: str, new: DocumentVersion) -> Item:
    return {
        **shop_key(store_id, _sort_key(new.kind, new.version)),
        "version": {"N": str(new.version)},
        "at": {"S": sortable(new.at)},
        "by_key": {"S": new.by},
        "body": {"S": new.body},
        "write_id": {"S": uuid.uuid4().hex},
    }


def _version(kind: DocumentKind, item: Item) -> DocumentVersion:
    return DocumentVersion(
        kind=kind,
        version=int(item["version"]["N"]),
        at=dt.datetime.fromisoformat(item["at"]["S"]),
        by=item["by_key"]["S"],
        body=item["body"]["S"],
    )
