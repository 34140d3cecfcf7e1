"""The keys of the staff as one process knows them: read from the store a second ago at most."""

from __future__ import annotations

import asyncio
import hmac
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import structlog
from aiohttp import web

from shared.domain.errors import UnavailableError
from shared.domain.staff import OWNER, StaffKey, StaffKeyRecord
from shared.domain.tokens import token_digest
from shared.runtime.log_limit import LogLimit

ReadKeys: TypeAlias = Callable[[], Awaitable[Sequence[StaffKeyRecord]]]
"""Reads all keys as of the last completed write; raises UnavailableError."""

FRESH_SECONDS = 1.0
"""How long a withdrawn key may still be good."""

KEPT_SECONDS = 60.0
"""How long the keys that were read last are good while they cannot be read again."""

_READ_SECONDS = 2.0
_SAID_SECONDS = 60
_PAUSE_SECONDS = 0.02
"""Between two reads: everybody may show keys that nobody has."""

log = structlog.stdlib.get_logger(__name__)


@dataclass(slots=True)
class KnownKeys:
    """Says whose a key is; `read` is None where only the owner has one.

    `monotonic` is a clock, in seconds. A key is looked up by its digest, and so its characters
    are not compared one by one. While the owner's is rotated, the `old_owner_digest` is good too.
    """

    owner_digest: str
    read: ReadKeys | None = None
    monotonic: Callable[[], float] = time.monotonic
    old_owner_digest: str | None = None
    _by_digest: Mapping[str, StaffKey] = field(default_factory=dict, init=False)
    _as_of: float = field(default=float("-inf"), init=False)
    _tried: float = field(default=float("-inf"), init=False)
    _reading: asyncio.Lock = field(default_factory=asyncio.Lock, init=False)
    _old_shown: LogLimit = field(default_factory=lambda: LogLimit(_SAID_SECONDS), init=False)

    async def holder(self, token: str) -> StaffKey | None:
        """Return whose key it is, if it is one.

        Raises UnavailableError when it is none of those that are known, and the store, which may
        know it, cannot be read.
        """
        digest, arrived = token_digest(token), self.monotonic()
        if hmac.compare_digest(digest, self.owner_digest):
            return OWNER
        if hmac.compare_digest(digest, self.old_owner_digest or ""):
            if self._old_shown.is_due():
                log.info("staff_key.old_shown")
            return OWNER
        if self.read is None:
            return None
        await self._read_since(arrived - FRESH_SECONDS)
        if digest not in self._by_digest:  # it may have been added since
            await self._read_since(arrived)
            if digest not in self._by_digest and self._as_of < arrived:
                raise UnavailableError("the staff keys cannot be read")
        return self._by_digest.get(digest)

    async def _read_since(self, since: float) -> None:
        """Read the keys unless they were read after `since`; a failure is not repeated at once."""
        async with self._reading:
            has_failed, now = self._tried > self._as_of, self.monotonic()
            if self._as_of >= since or (has_failed and self._tried > now - FRESH_SECONDS):
                return
            await asyncio.sleep(self._tried + _PAUSE_SECONDS - now)
            await self._read()

    async def _read(self) -> None:
        self._tried = self.monotonic()
        try:
            async with asyncio.timeout(_READ_SECONDS):
                records = await self.read() if self.read else ()
        except (UnavailableError, TimeoutError) as error:
            log.warning("staff_keys.not_read", error=str(error))
            if self._tried > self._as_of + KEPT_SECONDS:
                self._by_digest = {}
        else:
            self._by_digest = {record.digest: record.key for record in records}
            self._as_of = self._tried


KNOWN_KEYS: web.AppKey[KnownKeys] = web.AppKey("KNOWN_KEYS", KnownKeys)
"""Whose the keys are that callers show."""
