"""Scheduled capacity: from which time of day on how many baristas there are at least."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Shifts:
    """From `since`, a local time of day, there are at least `count` baristas."""

    since: dt.time
    count: int


@dataclass(frozen=True, slots=True)
class Schedule:
    """A day's plan, in order; the last one of a day holds until the first of the next."""

    plan: tuple[Shifts, ...] = ()

    @property
    def most(self) -> int:
        """The highest number in it."""
        return max((shifts.count for shifts in self.plan), default=0)

    def floor(self, now: dt.datetime, timezone: dt.tzinfo) -> int | None:
        """Say how many there should be at least; none when nothing is scheduled."""
        if not self.plan:
            return None
        local = now.astimezone(timezone).time()
        begun = [shifts for shifts in self.plan if shifts.since <= local]
        return (begun or self.plan)[-1].count


def parse_schedule(text: str) -> Schedule:
    """Read `07:30=4,11:00=2`; raises ValueError that says what was expected."""
    plan = sorted(
        (_entry(entry.strip()) for entry in text.split(",") if entry.strip()),
        key=lambda shifts: shifts.since,
    )
    times = [shifts.since for shifts in plan]
    if len(set(times)) < len(times):
        raise ValueError("should name no time twice")
    return Schedule(tuple(plan))


def _entry(text: str) -> Shifts:
    since, _, count = text.partition("=")
    try:
        return Shifts(dt.datetime.strptime(since.strip(), "%H:%M").time(), _count(count.strip()))  # noqa: DTZ007 - a time of day
    except ValueError as error:
        message = f"should be times and numbers, as in 07:30=4,11:00=2, not {text!r}"
        raise ValueError(message) from error


def _count(text: str) -> int:
    if not text.isdecimal():
        raise ValueError(text)
    return int(text)
