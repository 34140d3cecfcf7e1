"""The ring: the most recent events, each at an index, for readers that keep their own position."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Generic, TypeVar

Event = TypeVar("Event")

_POSITION = re.compile(r"([0-9a-f]{1,32})-([0-9]{1,18})", re.ASCII)


class Gap(StrEnum):
    """Why a reader cannot resume at its position."""

    RESTARTED = "restarted"
    """The position is of no ring, of another instance's, or from before an interruption."""

    TOO_OLD = "too-old"
    """The next event has left the ring."""


class GapError(Exception):
    """Events may be missing between a reader's position and the events in the ring."""

    def __init__(self, gap: Gap) -> None:
        super().__init__(gap)
        self.gap = gap


@dataclass(frozen=True, slots=True)
class StreamPosition:
    """How far a reader has read: every event up to an index (0 is none) of one epoch.

    Written `<epoch>-<index>`, which is the `id` of a server-sent event.
    """

    epoch: str
    index: int

    @classmethod
    def parse(cls, text: str) -> StreamPosition:
        """Read a position back; text that is no position becomes one of no ring."""
        match = _POSITION.fullmatch(text)
        return cls(match[1], int(match[2])) if match else cls("", 0)

    def __str__(self) -> str:
        return f"{self.epoch}-{self.index}"


@dataclass(slots=True)
class Ring(Generic[Event]):
    """Holds up to `size` events of `max_weight` in total; the oldest leave first.

    Indexes rise by one. `epoch` is lower-case hexadecimal, and different for every ring.
    """

    epoch: str
    size: int
    max_weight: int
    _events: dict[int, tuple[Event, int]] = field(init=False, default_factory=dict)
    _weight: int = field(init=False, default=0)
    _first: int = field(init=False, default=1)
    _last: int = field(init=False, default=0)

    @property
    def beginning(self) -> StreamPosition:
        """The position before the oldest event in the ring."""
        return StreamPosition(self.epoch, self._first - 1)

    @property
    def end(self) -> StreamPosition:
        """The position after the newest event."""
        return StreamPosition(self.epoch, self._last)

    def recent(self, most: int) -> StreamPosition:
        """The position before the newest `most` events, or before all if there are fewer."""
        return StreamPosition(self.epoch, max(self._first - 1, self._last - most))

    def append(self, event: Event, weight: int) -> int:
        """Put an event at the next index, and return the index."""
        self._last += 1
        self._events[self._last] = (event, weight)
        self._weight += weight
        while len(self._events) > self.size or self._weight > self.max_weight:
            _, removed = self._events.pop(self._first)
            self._weight -= removed
            self._first += 1
        return self._last

    def since(self, start: StreamPosition) -> Iterator[tuple[int, Event]]:
        """Give every event after `start`, with its index.

        Raises GapError when some of them may be missing.
        """
        if start.epoch != self.epoch or start.index > self._last:
            raise GapError(Gap.RESTARTED)
        if start.index < self._first - 1:
            raise GapError(Gap.TOO_OLD)
        indexes = range(start.index + 1, self._last + 1)
        return ((index, self._events[index][0]) for index in indexes)

    def restart(self, epoch: str) -> None:
        """Drop all events: some may have been missed, so no reader can resume from before."""
        self.epoch = epoch
        self._events.clear()
        self._weight = 0
        self._first = self._last + 1
