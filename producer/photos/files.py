"""The renditions of photos as they are served, of which the latest stay in memory."""

from __future__ import annotations

import asyncio
from collections import OrderedDict

from shared.photos.contract import PhotoStore

KEPT_BYTES = 16 * 2**20
"""About a hundred renditions: those of a menu, as the screens of the day ask for them."""

_READS_AT_ONCE = 8


class PhotoFiles:
    """Reads renditions, a few at a time; those of one hash and name never change."""

    def __init__(self, store: PhotoStore, most_bytes: int = KEPT_BYTES) -> None:
        self._store = store
        self._left = most_bytes
        self._kept: OrderedDict[tuple[str, str], bytes] = OrderedDict()
        self._reading = asyncio.Semaphore(_READS_AT_ONCE)

    async def get(self, photo: str, name: str) -> bytes | None:
        """Give a rendition, if there is one; raises PhotosUnavailableError."""
        key = photo, name
        if key not in self._kept:
            async with self._reading:
                if key not in self._kept:  # by now
                    body = await self._store.get(photo, name)
                    if body is None:
                        return None
                    self._keep(key, body)
                    return body
        self._kept.move_to_end(key)
        return self._kept[key]

    def _keep(self, key: tuple[str, str], body: bytes) -> None:
        self._kept[key] = body
        self._left -= len(body)
        while self._left < 0:
            _, forgotten = self._kept.popitem(last=False)
            self._left += len(forgotten)
