"""The heartbeats of streams: each part of the readers has its own at its time of the round."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from notifier.stream.reader import Reader

BEATS = 20
"""In so many parts, at most, the readers are sent their heartbeats."""

PART = 50
"""So many readers are in a part before there is another: few readers wake the process seldom."""


@dataclass(slots=True, eq=False)
class Heartbeats:
    """The readers in their parts, and the rounds of their heartbeats."""

    _parts: Sequence[set[Reader]] = field(
        default_factory=lambda: tuple(set[Reader]() for _ in range(BEATS))
    )
    _occupied: asyncio.Event = field(default_factory=asyncio.Event)

    def add(self, reader: Reader) -> None:
        """Put a reader into the first part that has room, or else into the smallest."""
        with_room = (part for part in self._parts if len(part) < PART)
        (next(with_room, None) or min(self._parts, key=len)).add(reader)
        self._occupied.set()

    def remove(self, reader: Reader) -> None:
        """Send a reader no more heartbeats."""
        for part in self._parts:
            part.discard(reader)
        if not any(self._parts):
            self._occupied.clear()

    async def beat(self, seconds: float) -> None:
        """Send every reader a heartbeat once in `seconds`, one part of them after the other.

        Together they would keep an event waiting: a thousand take 30 ms. Without readers it waits.
        The first of a new part may come a twentieth later.
        """
        while not any(self._parts):
            await self._occupied.wait()
        loop = asyncio.get_running_loop()
        began = loop.time()
        for turn, part in enumerate(self._parts, start=1):
            if part or turn == BEATS:
                await asyncio.sleep(began + seconds * turn / BEATS - loop.time())
            for reader in tuple(part):
                reader.beat()
