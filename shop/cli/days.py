"""Weekdays, dates and times of day, as people type them."""

from __future__ import annotations

import datetime as dt
import re

import typer

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

_SHORTEST = 3
"""Letters of a weekday that are enough, as in mon."""

_MOST_DATES = 366
"""More exceptions are in no hours."""


def days_of(text: str) -> list[str]:
    """Read monday, mon-fri, 2026-12-24 or 2026-07-20..2026-08-02; raises typer.BadParameter."""
    if is_date(text):
        first, _, last = text.partition("..")
        return _dates(_date(first), _date(last or first))
    first, _, last = text.lower().partition("-")
    begin, end = _weekday(first), _weekday(last or first)
    return [DAYS[at % 7] for at in range(begin, begin + (end - begin) % 7 + 1)]


def is_date(text: str) -> bool:
    """Tell whether it is meant as a date, or as several: weekdays have no digits."""
    return any(character.isdigit() for character in text)


def span_of(text: str) -> list[str]:
    """Read a span as in 07:30-18:00; midnight may be 24:00. Raises typer.BadParameter."""
    if not (found := re.fullmatch(r"(\d{1,2}:\d\d)-(\d{1,2}:\d\d)", text, re.ASCII)):
        raise typer.BadParameter(f"{text!r} is no span of time; one looks like 07:30-18:00")
    opens, closes = (time.zfill(5) for time in found.groups())
    return [opens, "00:00" if closes == "24:00" else closes]


def _dates(first: dt.date, last: dt.date) -> list[str]:
    count = (last - first).days + 1
    if not 0 < count <= _MOST_DATES:
        raise typer.BadParameter(f"from {first} to {last} should be 1 to {_MOST_DATES} days")
    return [(first + dt.timedelta(days=at)).isoformat() for at in range(count)]


def _date(text: str) -> dt.date:
    try:
        if re.fullmatch(r"\d{4}-\d\d-\d\d", text, re.ASCII):
            return dt.date.fromisoformat(text)
    except ValueError:
        pass
    raise typer.BadParameter(f"{text!r} is no date; one looks like 2026-12-24")


def _weekday(text: str) -> int:
    found = [at for at, day in enumerate(DAYS) if day.startswith(text)]
    if len(text) < _SHORTEST or len(found) != 1:
        raise typer.BadParameter(f"{text!r} is no day; one looks like monday or 2026-12-24")
    return found[0]
