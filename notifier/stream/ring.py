"""The ring: the most recent events, each at a position, for readers that keep their own place."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

Event = TypeVar("Event")

_POSITION = re.compile(r"([0-9a-f]{1,32})-([0-9]{1,18})", re.ASCII)


class Gap(StrEnum):
    """Why a reader cannot simply go on from its place."""

    RESTARTED = "restarted"
    """The place is in no ring, in another instance's, or in one from before an interruption."""

    TOO_OLD = "too-old"
    """What came next has left the ring."""


class GapError(Exception):
    """Events may be missing between a reader's place and what the ring holds."""

    def __init__(self, gap: Gap) -> None:
        super().__init__(gap)
        self.gap = gap


@dataclass(frozen=True, slots=True)
class StreamPosition:
    """How far somebody has read: everything up to a position (0 is nothing) of one epoch.

    Written `<epoch>-<position>`, which is the `id` of a server-sent event.
    """

    epoch: str
    position: int

    @classmethod
    def parse(cls, text: str) -> StreamPosition:
        """Read a place back; what was never one is a place in no ring."""
        match = _POSITION.fullmatch(text)
        return cls(match[1], int(match[2])) if match else cls("", 0)

    def __str__(self) -> str:
        return f"{self.epoch}-{self.position}"


class Ring(Generic[Event]):
    """Holds up to `size` events that weigh `max_weight` together; the oldest leave first.

    Positions rise by one. `epoch` is lower-case hexadecimal, and different for every ring.
    """

    def __init__(self, epoch: str, size: int, max_weight: int) -> None:
        self._epoch = epoch
        self._size = size
        self._max_weight = max_weight
        self._events: dict[int, tuple[Event, int]] = {}
        self._weight = 0
        self._first = 1
        self._last = 0

    @property
    def beginning(self) -> StreamPosition:
        """The place before everything that the ring holds."""
        return StreamPosition(self._epoch, self._first - 1)

    @property
    def end(self) -> StreamPosition:
        """The place after everything that has happened."""
        return StreamPosition(self._epoch, self._last)

    def recent(self, most: int) -> StreamPosition:
        """The place before the last `most` events, or before everything if there are fewer."""
        return StreamPosition(self._epoch, max(self._first - 1, self._last - most))

    def append(self, event: Event, weight: int) -> int:
        """Put an event at the next position, and return that."""
        self._last += 1
        self._events[self._last] = (event, weight)
        self._weight += weight
        while len(self._events) > self._size or self._weight > self._max_weight:
            _, left = self._events.pop(self._first)
            self._weight -= left
            self._first += 1
        return self._last

    def since(self, place: StreamPosition) -> Iterator[tuple[int, Event]]:
        """Give every event after `place`, with its position.

        Raises GapError when it cannot tell that these are all.
        """
        if place.epoch != self._epoch or place.position > self._last:
            raise GapError(Gap.RESTARTED)
        if place.position < self._first - 1:
            raise GapError(Gap.TOO_OLD)
        positions = range(place.position + 1, self._last + 1)
        return ((position, self._events[position][0]) for position in positions)

    def restart(self, epoch: str) -> None:
        """Forget everything: events may have been missed, so nobody can go on from before."""
        self._epoch = epoch
        self._events.clear()
        self._weight = 0
        self._first = self._last + 1
