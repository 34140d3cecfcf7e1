"""The rule by which a thousand streams are served well.

In the median round, the 99th of 100 delays of the streams that are read is at most twice that of a
hundred streams in the same round, so that it does not matter how busy the machine is otherwise;
each of these streams gets every event; each stream that nobody reads is dropped; and the notifier
takes no more memory than 64 KiB for each stream, read or not, its ring included.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.streams.times import Spread

MOST_RATIO = 2.0
BYTES_PER_STREAM = 64 * 1024
"""A stream takes about 22 KiB, and one that is stalled also what fills its buffers."""


@dataclass(frozen=True, slots=True)
class Round:
    """The result of one round: few streams, then all of them, of which `stalled` are not read.

    `missed` counts events that streams did not get. Memory is the notifier's, in bytes: with the
    few streams, and its highest with all. `busy` is the part of a core that the readers took.
    """

    few: Spread
    all: Spread
    missed: int
    stalled: int
    dropped: int
    memory_few: int
    memory_all: int
    busy: float

    @property
    def ratio(self) -> float:
        """How many times as long the slowest hundredth takes with all streams as with few."""
        return self.all.p99 / self.few.p99


def ratio(rounds: Sequence[Round]) -> float:
    """Return the ratio of the median round."""
    return statistics.median(one.ratio for one in rounds)


def growth(rounds: Sequence[Round], memory_empty: int) -> int:
    """Return the most bytes that the notifier took beyond those without a stream."""
    return max(one.memory_all for one in rounds) - memory_empty


def failures(rounds: Sequence[Round], memory_empty: int, streams: int) -> Sequence[str]:
    """Return what breaks the rule of this module."""
    found = []
    if ratio(rounds) > MOST_RATIO:
        found.append(f"the p99 delay is {ratio(rounds):.2f} times that of few streams")
    if missed := sum(one.missed for one in rounds):
        found.append(f"{missed} events did not arrive")
    if kept := sum(one.stalled - one.dropped for one in rounds):
        found.append(f"{kept} stalled streams were not dropped, or others were")
    if growth(rounds, memory_empty) > streams * BYTES_PER_STREAM:
        found.append("the notifier took more memory than is allowed")
    return found
