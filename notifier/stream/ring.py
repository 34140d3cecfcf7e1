"""The ring: the most recent events, each at an index, for readers that keep their own position."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import defaultdict, deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from heapq import merge
from itertools import groupby, islice
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


@dataclass(frozen=True, slots=True)
class _Entry(Generic[Event]):
    event: Event
    weight: int
    keys: tuple[str, ...]


@dataclass(slots=True)
class Ring(Generic[Event]):
    """Holds up to `size` events of `max_weight` in total; the oldest leave first.

    A reader that resumes is shown what it selected, without a look at the rest. Indexes rise by
    one. `epoch` is lower-case hexadecimal, and different for every ring.
    """

    epoch: str
    size: int
    max_weight: int
    _events: dict[int, _Entry[Event]] = field(init=False, default_factory=dict)
    _by_key: defaultdict[str, deque[int]] = field(
        init=False, default_factory=lambda: defaultdict(deque)
    )
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

    def append(self, event: Event, weight: int, keys: Iterable[str]) -> int:
        """Put an event at the next index, where it is found by its keys; return the index."""
        self._last += 1
        self._events[self._last] = _Entry(event, weight, tuple(keys))
        for key in self._events[self._last].keys:
            self._by_key[key].append(self._last)
        self._weight += weight
        while len(self._events) > self.size or self._weight > self.max_weight:
            self._remove_first()
        return self._last

    def since(self, start: StreamPosition, keys: Iterable[str]) -> Iterator[tuple[int, Event]]:
        """Give every event after `start` that has one of the keys, with its index.

        Raises GapError when some of them may be missing.
        """
        if start.epoch != self.epoch or start.index > self._last:
            raise GapError(Gap.RESTARTED)
        if start.index < self._first - 1:
            raise GapError(Gap.TOO_OLD)
        found = [self._by_key[key] for key in keys if key in self._by_key]
        later = [islice(held, bisect_right(held, start.index), None) for held in found]
        return ((index, self._events[index].event) for index, _ in groupby(merge(*later)))

    def restart(self, epoch: str) -> None:
        """Drop all events: some may have been missed, so no reader can resume from before."""
        self.epoch = epoch
        self._events.clear()
        self._by_key.clear()
        self._weight = 0
        self._first = self._last + 1

    def _remove_first(self) -> None:
        removed = self._events.pop(self._first)
        self._weight -= removed.weight
        self._first += 1
        for key in removed.keys:
            held = self._by_key[key]
            held.popleft()
            if not held:
                del self._by_key[key]
