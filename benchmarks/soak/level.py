"""The rule by which a process is level.

Memory: a Theil-Sen line (the median of the slopes between all pairs of samples, which a few
outliers do not move) through the second half of the load, extrapolated to an hour, rises by
less than a tenth of the median. The first half is for what fills up by design: caches, pools, the
ring of recent events. CPython takes memory in arenas of 1 MiB, and one of them is no trend: a line
that rises by less in that half is not called a leak, nor level when it comes to a tenth in an hour,
but unclear. So a load has a limit of what it can show, which is the lower the longer it lasts:
12 MiB in an hour after ten minutes, 2 MiB after an hour.

Descriptors: in the quiet time after the load there are no more than there were in the quiet
time before it, but for 4: connections to the queue that are pooled between polls.

A process that has ended is not level, whatever it held.
"""

from __future__ import annotations

import itertools
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from benchmarks.soak.footprint import Footprint, Sample

MOST_GROWTH = 0.1
"""Of the median, in an hour."""

ARENA = 2**20
"""Bytes; see ARENA_SIZE in CPython's Objects/obmalloc.c."""

POOLED = 4
HOUR = 3600.0
SETTLED_SECONDS = 5.0
"""The end of a quiet time, when unused connections have been closed."""

MOST_POINTS = 400
"""So many make 80,000 pairs; longer series are thinned evenly."""


class Finding(Enum):
    """The result for one process. A longer load resolves an unclear one."""

    LEVEL = "level"
    UNCLEAR = "unclear"
    NOT_LEVEL = "NOT LEVEL"
    ENDED = "ended"

    @property
    def is_good(self) -> bool:
        """Whether nothing is known to be wrong."""
        return self in {Finding.LEVEL, Finding.UNCLEAR}


@dataclass(frozen=True, slots=True)
class LoadTime:
    """When the load began and ended, and the end of the quiet time after it, in seconds."""

    begin: float
    end: float
    settled: float

    @property
    def half(self) -> float:
        """How long its second half lasts, in seconds."""
        return (self.end - self.begin) / 2

    @property
    def shows_from(self) -> float:
        """Bytes an hour: slower growth cannot be distinguished from none."""
        return ARENA * HOUR / self.half


@dataclass(frozen=True, slots=True)
class Judgement:
    """The measurements of one process.

    `memory` is the median, in bytes; `rise` is that of the line in the second half of the load,
    in bytes, and `growth` the part of the median that it would come to in an hour.
    """

    process: str
    memory: float
    rise: float
    growth: float
    descriptors_before: int
    descriptors_after: int
    ended: bool

    @property
    def finding(self) -> Finding:
        """The result by the rule of this module."""
        if self.ended:
            return Finding.ENDED
        if self.descriptors_after > self.descriptors_before + POOLED:
            return Finding.NOT_LEVEL
        if self.growth < MOST_GROWTH:
            return Finding.LEVEL
        return Finding.UNCLEAR if self.rise < ARENA else Finding.NOT_LEVEL


def judge(footprint: Footprint, load: LoadTime) -> Judgement:
    """Judge one process by its samples before, during and after the load."""
    before = _between(footprint.samples, load.begin - SETTLED_SECONDS, load.begin)
    late = _between(footprint.samples, (load.begin + load.end) / 2, load.end)
    after = _between(footprint.samples, load.settled - SETTLED_SECONDS, load.settled)
    if footprint.ended or not (before and late and after):
        return Judgement(footprint.name, 0.0, 0.0, 0.0, 0, 0, ended=True)
    memory = statistics.median(sample.memory for sample in late)
    slope = theil_sen([(sample.at, float(sample.memory)) for sample in late])
    return Judgement(
        process=footprint.name,
        memory=memory,
        rise=slope * load.half,
        growth=slope * HOUR / memory,
        descriptors_before=max(sample.descriptors for sample in before),
        descriptors_after=min(sample.descriptors for sample in after),
        ended=False,
    )


def theil_sen(points: Sequence[tuple[float, float]]) -> float:
    """Give the slope of the Theil-Sen line through points with different x; 0 through one."""
    few = points[:: -(-len(points) // MOST_POINTS)]
    slopes = [(y2 - y1) / (x2 - x1) for (x1, y1), (x2, y2) in itertools.combinations(few, 2)]
    return statistics.median(slopes) if slopes else 0.0


def _between(samples: Sequence[Sample], begin: float, end: float) -> list[Sample]:
    return [sample for sample in samples if begin <= sample.at <= end]
