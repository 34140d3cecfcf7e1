"""A reader of the ring: its own position in it, and what comes next for it."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from prometheus_client import Counter

from notifier.stream import sse
from notifier.stream.ring import GapError, Ring, StreamPosition
from notifier.stream.selection import Acknowledgement, RingEvent, Selection

_CHUNK_BYTES = 64 * 1024
_REPEATED_EVENTS = 1000
"""How many events a reader goes back after a reset: those it may not have seen."""


@dataclass(kw_only=True, slots=True, eq=False)
class Reader:
    """Reads what it has selected, after `position`. However slow it is, it only costs a position.

    `abort` closes its connection at once, without sending what is buffered. `resets` counts, by
    reason, the clients that may have missed events.
    """

    ring: Ring[RingEvent]
    selection: Selection
    position: StreamPosition
    abort: Callable[[], None]
    resets: Counter
    ended: bool = False
    _routing_keys: Sequence[str] = field(init=False)
    _lag_from: int = field(init=False)
    _unacknowledged: deque[Acknowledgement] = field(default_factory=deque)
    _woken: asyncio.Event = field(default_factory=asyncio.Event)
    _waiting: bool = False
    _beat_due: bool = False
    _write_began: float | None = None

    def __post_init__(self) -> None:
        self._routing_keys = self.selection.routing_keys
        self._lag_from = self.ring.end.index

    async def read(self) -> bytes | None:
        """Wait for the next server-sent events; None when the stream has ended.

        A further call means that the bytes of the call before are written.
        """
        self._acknowledge()
        while not self.ended:
            if chunk := self._next_chunk():
                self._write_began = time.monotonic()
                return chunk
            self._waiting = True
            self._woken.clear()
            await self._woken.wait()
        return None

    def offer(self, acknowledgement: Acknowledgement) -> None:
        """Announce an event that the reader has selected."""
        acknowledgement.expect()
        self._unacknowledged.append(acknowledgement)
        if self._waiting:
            self._wake_at(acknowledgement.index - 1)

    def lag(self, index: int) -> int:
        """Count the events that the reader is behind, those before its start left out."""
        return index - max(self.position.index, self._lag_from)

    def stalled_seconds(self) -> float:
        """Return for how long the write in progress has taken."""
        return 0 if self._write_began is None else time.monotonic() - self._write_began

    def beat(self) -> None:
        """Send the client a heartbeat with its position, unless it is sent an event now."""
        self._beat_due = True
        if self._waiting:
            self._wake_at(self.ring.end.index)

    def wake(self) -> None:
        """Let the reader notice that the ring was restarted, or that its stream has ended."""
        self._wake_at(self.position.index)

    def end(self) -> None:
        """End the stream after the write in progress."""
        self.ended = True
        self.wake()

    def _wake_at(self, index: int) -> None:
        """Wake the reader; if it was waiting, there was nothing for it up to `index`."""
        self.position = StreamPosition(self.position.epoch, index)
        self._waiting = False
        self._woken.set()

    def _acknowledge(self) -> None:
        """Acknowledge what the last write has contained, if there was a write."""
        if self._write_began is None:
            return
        self._write_began = None
        while self._unacknowledged and self._unacknowledged[0].index <= self.position.index:
            self._unacknowledged.popleft().acknowledge()

    def _next_chunk(self) -> bytes:
        """Read on, up to a bound, and move the position."""
        try:
            coming = self.ring.since(self.position, self._routing_keys)
            end = self.ring.end
        except GapError as error:
            self.position = self.ring.recent(_REPEATED_EVENTS)
            self._lag_from = self.ring.end.index
            self.resets.labels(error.gap).inc()
            return sse.reset(error.gap, self.position)
        chunk = bytearray()
        for index, event in coming:
            self.position = StreamPosition(self.position.epoch, index)
            views = event.views
            selected = [views[key] for key in self._routing_keys if key in views]
            chunk += sse.event(selected, self.position)
            if len(chunk) >= _CHUNK_BYTES:
                break
        else:
            self.position = end
        is_due, self._beat_due = self._beat_due, False
        if is_due and not chunk:
            return sse.beat(self.position)
        return bytes(chunk)
