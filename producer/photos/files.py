"""The renditions of photos as they are served, of which the latest stay in memory."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import TypeAlias

from shared.photos.contract import PhotoStore, PhotosUnavailableError
from shared.runtime.bounded_map import BoundedMap

KEPT_BYTES = 16 * 2**20
"""About a hundred renditions: those of a menu, as the screens of the day ask for them."""

MOST_WAITING = 128
"""How many requests may wait for renditions: a quarter of the places, the others are orders'."""

MISS_SECONDS = 5.0
"""How long a rendition that was not there is not looked for again."""

_READ_SECONDS = 2.0
_READS_AT_ONCE = 8
_KEPT_MISSES = 10_000

_Key: TypeAlias = tuple[str, str]


class TooManyReadsError(Exception):
    """As many requests wait for renditions as may."""


class PhotoFiles:
    """Reads renditions, a few at a time; those of one hash and name never change.

    While the photo store hangs, few requests wait for it, and none for long.
    """

    def __init__(
        self,
        store: PhotoStore,
        most_bytes: int = KEPT_BYTES,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = store
        self._left = most_bytes
        self._monotonic = monotonic
        self._kept: OrderedDict[_Key, bytes] = OrderedDict()
        self._missed: BoundedMap[_Key, float] = BoundedMap(_KEPT_MISSES)
        self._reading = asyncio.Semaphore(_READS_AT_ONCE)
        self._waiting = 0

    async def get(self, photo: str, name: str) -> bytes | None:
        """Give a rendition, if there is one; raises PhotosUnavailableError, TooManyReadsError."""
        key = photo, name
        if key not in self._kept:
            return await self._wait_for(key)
        self._kept.move_to_end(key)
        return self._kept[key]

    async def _wait_for(self, key: _Key) -> bytes | None:
        if self._waiting >= MOST_WAITING:
            raise TooManyReadsError("more photos are asked for than can be read; try again")
        self._waiting += 1
        try:
            async with asyncio.timeout(_READ_SECONDS), self._reading:
                return await self._read(key)
        except TimeoutError as error:
            raise PhotosUnavailableError("the photo could not be read in time") from error
        finally:
            self._waiting -= 1

    async def _read(self, key: _Key) -> bytes | None:
        if key in self._kept:  # by now
            return self._kept[key]
        if self._monotonic() < self._missed.get(key, 0):
            return None
        body = await self._store.get(*key)
        if body is None:
            self._missed[key] = self._monotonic() + MISS_SECONDS
        else:
            self._keep(key, body)
        return body

    def _keep(self, key: _Key, body: bytes) -> None:
        self._kept[key] = body
        self._left -= len(body)
        while self._left < 0:
            _, forgotten = self._kept.popitem(last=False)
            self._left += len(forgotten)
