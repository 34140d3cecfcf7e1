"""A reader of the ring: its own place in it, and what comes next for it."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Sequence

from notifier.stream import sse
from notifier.stream.acknowledgement import Acknowledgement
from notifier.stream.metrics import StreamMetrics
from notifier.stream.ring import GapError, Ring, StreamPosition
from notifier.stream.selection import Announcement, Selection

_BYTES_AT_ONCE = 64 * 1024
_TOLD_AGAIN = 1000
"""How many events of the ring a reader goes back after a reset: those it may not have seen."""


class Reader:
    """Reads what it has selected, from a place on. It costs a place, however slow it is.

    `cut` closes its connection without waiting for what is still on its way.
    """

    def __init__(
        self,
        ring: Ring[Announcement],
        selection: Selection,
        place: StreamPosition,
        cut: Callable[[], None],
        tally: StreamMetrics,
    ) -> None:
        self.selection = selection
        self.cut = cut
        self._ring = ring
        self._routes: Sequence[str] = selection.routes
        self._place = place
        self._caught_up_from = ring.end.position
        self._tally = tally
        self._owed: deque[Acknowledgement] = deque()
        self._news = asyncio.Event()
        self._waiting = False
        self._mark_due = False
        self._handed_out_at: float | None = None
        self.ended = False

    async def read(self) -> bytes | None:
        """Wait for what comes next, as server-sent events; none when the stream has ended.

        To ask again is to say that the last has been written.
        """
        self._settle()
        while not self.ended:
            if news := self._take() or self._mark():
                self._handed_out_at = time.monotonic()
                return news
            self._waiting = True
            self._news.clear()
            await self._news.wait()
        return None

    def offer(self, acknowledgement: Acknowledgement) -> None:
        """Let the reader know of something that it has selected."""
        acknowledgement.offered()
        self._owed.append(acknowledgement)
        if self._waiting:
            self._wake_at(acknowledgement.position - 1)

    def behind(self, position: int) -> int:
        """Count the events that the reader is behind, not with what it had to catch up on."""
        return position - max(self._place.position, self._caught_up_from)

    def stalled(self) -> float:
        """Give the seconds for which the last that was read has not been written."""
        return 0 if self._handed_out_at is None else time.monotonic() - self._handed_out_at

    def move_mark(self, position: int) -> None:
        """Let the client's place keep up, when nothing up to `position` was for this reader."""
        if self._waiting:
            self._mark_due = True
            self._wake_at(position)

    def look_again(self) -> None:
        """Let the reader find out that the ring was restarted."""
        self._wake_at(self._place.position)

    def end(self) -> None:
        """End the stream after what is being written."""
        self.ended = True
        self._wake_at(self._place.position)

    def _wake_at(self, position: int) -> None:
        """Wake the reader; one that was waiting had nothing to read before `position`."""
        self._place = StreamPosition(self._place.epoch, position)
        self._waiting = False
        self._news.set()

    def _settle(self) -> None:
        """Say what has been written: everything up to the place, if it is one that we have set."""
        if self._handed_out_at is None:
            return
        self._handed_out_at = None
        while self._owed and self._owed[0].position <= self._place.position:
            self._owed.popleft().told()

    def _take(self) -> bytes:
        """Read on, up to a bound, and move the place."""
        try:
            coming = self._ring.since(self._place)
        except GapError as error:
            self._place = self._ring.recent(_TOLD_AGAIN)
            self._caught_up_from = self._ring.end.position
            self._tally.resets.labels(error.gap).inc()
            return sse.reset(error.gap, self._place)
        taken = bytearray()
        for position, announcement in coming:
            self._place = StreamPosition(self._place.epoch, position)
            taken += self._show(announcement)
            if len(taken) >= _BYTES_AT_ONCE:
                break
        return bytes(taken)

    def _show(self, announcement: Announcement) -> bytes:
        views = [announcement.views[r] for r in self._routes if r in announcement.views]
        return sse.messages(views, self._place) if views else b""

    def _mark(self) -> bytes:
        due, self._mark_due = self._mark_due, False
        return sse.mark(self._place) if due else b""
