"""When each event was published, and how long after that each stream had it."""

from __future__ import annotations

import datetime as dt
import math
import time
from collections.abc import Sequence
from dataclasses import dataclass

from shared.messages.announcement import CloudEvent

TOPIC = "coupons"
NUMBER = "number"
"""The last field of an event's data: a client that has it has the whole event."""

_BODY = "All coffee is half price on Monday. " * 114
"""About 4 KB: a newsletter that is worth reading."""


def numbered_issue(number: int) -> CloudEvent:
    """Make an issue of a newsletter that says at its end which it is."""
    return CloudEvent(
        id=f"issue-{number}",
        source="/stores/main",
        type="coffeeshop.newsletter.published.v1",
        subject=TOPIC,
        time=dt.datetime.now(dt.UTC),
        data={"topic": TOPIC, "subject": "Half price", "body": _BODY, NUMBER: number},
    )


@dataclass(frozen=True, slots=True)
class Spread:
    """The delays of one measurement: how many, and in seconds the median and the 99th of 100."""

    count: int
    p50: float
    p99: float


def spread(delays: Sequence[float]) -> Spread:
    """Sum up delays, of which there is at least one, by nearest rank."""
    ranked = sorted(delays)
    p50, p99 = (ranked[math.ceil(len(ranked) * part) - 1] for part in (0.5, 0.99))
    return Spread(len(ranked), p50, p99)


class Times:
    """Notes when events are published and received; the numbers of events rise from 0 for ever."""

    def __init__(self) -> None:
        self._published: list[float] = []
        self._delays: list[float] = []

    def publish(self) -> int:
        """Note that the next event is published now, and give its number."""
        self._published.append(time.monotonic())
        return len(self._published) - 1

    def received(self, number: int) -> None:
        """Note that one stream has an event now."""
        self._delays.append(time.monotonic() - self._published[number])

    @property
    def count(self) -> int:
        """How often an event was received since the last time they were taken."""
        return len(self._delays)

    def take(self) -> Sequence[float]:
        """Give the delays so far, and begin anew."""
        taken, self._delays = self._delays, []
        return taken
