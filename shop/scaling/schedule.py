"""Scheduled capacity: the least number of baristas from each time of day on."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ScheduleEntry:
    """From `since`, a local time of day, there are at least `count` baristas."""

    since: dt.time
    count: int


@dataclass(frozen=True, slots=True)
class Schedule:
    """A day's entries, in order; the last one holds until the first of the next day."""

    entries: tuple[ScheduleEntry, ...] = ()

    def __str__(self) -> str:
        return ",".join(f"{entry.since:%H:%M}={entry.count}" for entry in self.entries)

    @property
    def most(self) -> int:
        """The highest count."""
        return max((entry.count for entry in self.entries), default=0)

    def floor(self, now: dt.datetime, timezone: dt.tzinfo) -> int | None:
        """Return the least number of baristas now; None when nothing is scheduled."""
        if not self.entries:
            return None
        local = now.astimezone(timezone).time()
        begun = [entry for entry in self.entries if entry.since <= local]
        return (begun or self.entries)[-1].count


def parse_schedule(text: str) -> Schedule:
    """Read `07:30=4,11:00=2`; raises ValueError that says what was expected."""
    entries = sorted(
        (_entry(entry.strip()) for entry in text.split(",") if entry.strip()),
        key=lambda entry: entry.since,
    )
    if len({entry.since for entry in entries}) < len(entries):
        raise ValueError("should name no time twice")
    return Schedule(tuple(entries))


def _entry(text: str) -> ScheduleEntry:
    since, _, count = (part.strip() for part in text.partition("="))
    try:
        time = dt.datetime.strptime(since, "%H:%M").time()  # noqa: DTZ007 - a time of day
        return ScheduleEntry(time, _count(count))
    except ValueError as error:
        message = f"should be times and numbers, as in 07:30=4,11:00=2, not {text!r}"
        raise ValueError(message) from error


def _count(text: str) -> int:
    if not (text.isascii() and text.isdecimal()):
        raise ValueError(text)
    return int(text)
