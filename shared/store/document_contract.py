"""The contract of a store of the shop's documents; one suite tests both stores."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from shared.domain.change import Change, Changed


class DocumentKind(StrEnum):
    """What the shop has one document of, in many versions."""

    MENU = "menu"
    SETTINGS = "settings"
    HOURS = "hours"


@dataclass(frozen=True, slots=True)
class DocumentVersion:
    """One version of a document: its number, from 1 on, when and by whose key, its JSON text.

    DynamoDB takes items of 400 KB at most, so that writers bound the body.
    """

    kind: DocumentKind
    version: int
    at: dt.datetime
    by: str
    body: str

    @property
    def change(self) -> Change:
        """The change that is recorded with it."""
        return Change(self.at, self.by, Changed(self.kind), f"version {self.version}")


class DocumentChangedError(Exception):
    """The document was changed by somebody else since the caller read it."""


class DocumentStore(Protocol):
    """The record of one shop's documents, in all their versions.

    Every write is durable when its call returns. Every method raises StoreUnavailableError when
    the store cannot be reached in time.
    """

    async def document(self, kind: DocumentKind) -> DocumentVersion | None:
        """Read the newest version, as of the last completed write; None before the first."""

    async def put_document(self, new: DocumentVersion) -> None:
        """Record a version, and its change, if the newest one is the one before it.

        Otherwise it writes nothing, and raises DocumentChangedError.
        """

    async def document_versions(
        self, kind: DocumentKind, limit: int, before: int | None = None
    ) -> Sequence[DocumentVersion]:
        """List up to `limit` versions, the newest first; of those before a version, if given."""
