"""One of the shop's documents: read through a short cache, and changed by version."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

import structlog

from shared.clock import Clock
from shared.runtime.ttl_cache import TtlCache
from shared.store.document_contract import (
    DocumentChangedError,
    DocumentKind,
    DocumentStore,
    DocumentVersion,
)

DOCUMENT_TTL_SECONDS = 1.0
"""How long another process's change may go unseen: every order needs each document."""

_RETRY_SECONDS = 0.05

Value = TypeVar("Value")

log = structlog.stdlib.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Read(Generic[Value]):
    """A document's value, and its version; that is 0 before anything was recorded."""

    version: int
    value: Value


@dataclass
class Document(Generic[Value]):
    """A document of which `parse` makes a value; `initial` is its body before the first version."""

    kind: DocumentKind
    store: DocumentStore
    parse: Callable[[str], Value]
    initial: str
    clock: Clock
    monotonic: Callable[[], float] = time.monotonic
    _cache: TtlCache[Read[Value]] = field(init=False)
    _parsed: Read[Value] | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        self._cache = TtlCache(self.newest, DOCUMENT_TTL_SECONDS, self.monotonic)

    async def get(self) -> Read[Value]:
        """Give the value, at most a second old; a change by this process is seen at once."""
        return await self._cache.get()

    async def newest(self) -> Read[Value]:
        """Read the value as of the last completed write; a version is parsed once."""
        newest = await self.store.document(self.kind)
        version = 0 if newest is None else newest.version
        if self._parsed is None or self._parsed.version != version:
            self._parsed = Read(version, self.parse(newest.body if newest else self.initial))
        return self._parsed

    async def put(
        self, value: Value, body: str, by: str, expected: Collection[int] | None = None
    ) -> Read[Value]:
        """Record a value as the next version, by a key's name, if the newest is an `expected` one.

        `parse` makes the value of its `body`. The body that is recorded already makes no version
        and is never refused: it may be ours, of a request whose answer was lost (RFC 9110,
        section 13.1.1). Raises DocumentChangedError.
        """
        while True:
            newest = await self.store.document(self.kind)
            version = newest.version if newest else 0
            if newest is not None and newest.body == body:
                return Read(version, value)
            if expected is not None and version not in expected:
                raise DocumentChangedError(f"version {version} is the newest now")
            try:
                await self._record(DocumentVersion(self.kind, version + 1, self.clock(), by, body))
            except DocumentChangedError:
                # Somebody else was faster: look at what is newest, in a moment.
                await asyncio.sleep(_RETRY_SECONDS * random.random())  # noqa: S311 - no secret
                continue
            return Read(version + 1, value)

    async def versions(self, limit: int, before: int | None = None) -> Sequence[DocumentVersion]:
        """List up to `limit` versions, the newest first; of those before a version, if given."""
        return await self.store.document_versions(self.kind, limit, before)

    async def _record(self, new: DocumentVersion) -> None:
        try:
            await self.store.put_document(new)
        finally:  # also when its answer was lost
            await self._cache.expire()
        log.info("document.changed", kind=new.kind, version=new.version, by=new.by)
