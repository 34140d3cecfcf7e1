"""Which live queues are orphans: those whose marks stand still while somebody looks on.

A mark is compared with itself, never with a clock: clocks differ, and jump, and a notifier whose
clock is wrong must not take the queues of all others away.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

PATIENCE = 3
"""Looks in a row that find the same mark again before its queue counts as an orphan."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """A queue's mark when it was last looked at, and how many looks have found it again."""

    mark: str
    again: int = 0


def look_again(before: Mapping[str, Sighting], marks: Mapping[str, str]) -> dict[str, Sighting]:
    """Compare the marks, by queue, with those seen before; what is gone is forgotten."""
    return {
        queue: Sighting(mark, before[queue].again + 1)
        if queue in before and before[queue].mark == mark
        else Sighting(mark)
        for queue, mark in marks.items()
    }


def orphans(sightings: Mapping[str, Sighting]) -> Sequence[str]:
    """Name the queues whose notifiers are gone."""
    return sorted(queue for queue, seen in sightings.items() if seen.again >= PATIENCE)
