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
    _opened: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when a part has its first reader."""

    def add(self, reader: Reader) -> None:
        """Put a reader into the first part that has room, or else into the smallest."""
        with_room = (part for part in self._parts if len(part) < PART)
        part = next(with_room, None) or min(self._parts, key=len)
        part.add(reader)
        if len(part) == 1:
            self._opened.set()

    def remove(self, reader: Reader) -> None:
        """Send a reader no more heartbeats."""
        for part in self._parts:
            part.discard(reader)

    async def beat(self, seconds: float) -> None:
        """Send every reader a heartbeat once in `seconds`, one part of them after the other.

        Together they would keep an event waiting: a thousand take 30 ms. Without readers it waits.
        """
        while not any(self._parts):
            self._opened.clear()
            await self._opened.wait()
        began, turn = asyncio.get_running_loop().time(), 0
        while turn < BEATS:
            turn = await self._one_part(began, turn, seconds / BEATS)

    async def _one_part(self, began: float, turn: int, seconds: float) -> int:
        """Wait for the next part that has readers, or for the end of the round; give what follows.

        That is the turn that the clock says, if another part was opened meanwhile.
        """
        self._opened.clear()
        due = next((n for n in range(turn, BEATS) if self._parts[n]), BEATS - 1)
        try:
            async with asyncio.timeout_at(began + (due + 1) * seconds):
                await self._opened.wait()
        except TimeoutError:
            for reader in tuple(self._parts[due]):
                reader.beat()
            return due + 1
        now = asyncio.get_running_loop().time()
        return max(turn, min(due, int((now - began) / seconds)))  # one that is due is not passed
