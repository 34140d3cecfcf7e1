"""The opening hours as JSON: how the store keeps them, and how they are sent."""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Iterator
from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from shared.domain.errors import FieldError
from shared.domain.hours import Hours, Overlap, Span, Weekday, overlaps
from shared.runtime.validation import Matching
from shared.web.fields import Body

MOST_EXCEPTIONS = 366
MOST_SPANS = 4
MOST_VALUES = 10 * MOST_SPANS * (MOST_EXCEPTIONS + len(Weekday))
"""Of the longest document: a span has two times, in an array of its own."""

_FIRST_DATE, _LAST_DATE = dt.date(2000, 1, 1), dt.date(2199, 12, 31)


def _known_date(text: str) -> str:
    try:
        date = dt.date.fromisoformat(text)
    except ValueError:
        date = None
    if date is None or not _FIRST_DATE <= date <= _LAST_DATE:
        raise PydanticCustomError(
            "no_such_date", "Date should be one that there is, in the years 2000 to 2199"
        )
    return text


TimeText = Annotated[
    str, Matching(r"([01][0-9]|2[0-3]):[0-5][0-9]", "a time of day from 00:00 to 23:59")
]
DateText = Annotated[
    str,
    Matching(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", "a date, as in 2026-12-24"),
    AfterValidator(_known_date),
]
SpanTexts = Annotated[list[TimeText], Field(min_length=2, max_length=2)]
SpansOfDay = Annotated[list[SpanTexts], Field(max_length=MOST_SPANS), AfterValidator(sorted)]


class Week(Body):
    """When the shop is open on each weekday; one that is left out is closed."""

    monday: SpansOfDay = Field(default=[])
    tuesday: SpansOfDay = Field(default=[])
    wednesday: SpansOfDay = Field(default=[])
    thursday: SpansOfDay = Field(default=[])
    friday: SpansOfDay = Field(default=[])
    saturday: SpansOfDay = Field(default=[])
    sunday: SpansOfDay = Field(default=[])


def _by_date(exceptions: dict[str, list[list[str]]]) -> dict[str, list[list[str]]]:
    return dict(sorted(exceptions.items()))


class HoursDocument(Body):
    """The opening hours: from one time to another, by weekday, and in their place by date.

    A span whose end is not after its begin ends on the next day. Without `weekdays` the shop is
    always open, and a date without spans is closed. While it is `always_open`, its `weekdays` are
    kept for later.
    """

    weekdays: Week | None = None
    always_open: bool = False
    exceptions: Annotated[
        dict[DateText, SpansOfDay], Field(max_length=MOST_EXCEPTIONS), AfterValidator(_by_date)
    ] = Field(default={})

    @functools.cached_property
    def hours(self) -> Hours:
        """The hours that the rules work with."""
        week = None
        if self.weekdays is not None and not self.always_open:
            week = {day: _spans(getattr(self.weekdays, day.name.lower())) for day in Weekday}
        exceptions = {dt.date.fromisoformat(d): _spans(on) for d, on in self.exceptions.items()}
        return Hours(week, exceptions)

    def overlaps(self) -> Iterator[FieldError]:
        """Find the days whose spans overlap."""
        for overlap in overlaps(self.hours):
            yield FieldError(self._path(overlap), _described(overlap))

    def _path(self, overlap: Overlap) -> tuple[str, str]:
        if isinstance(overlap.day, Weekday):
            return "weekdays", overlap.day.name.lower()
        exceptions = self.hours.exceptions
        date = overlap.day if overlap.day in exceptions else overlap.day + dt.timedelta(days=1)
        return "exceptions", date.isoformat()


def parse_hours(body: str) -> HoursDocument:
    """Parse a recorded body; what a newer release has added is left out."""
    return HoursDocument.model_validate_json(body, extra="ignore")


def _spans(texts: list[list[str]]) -> tuple[Span, ...]:
    times = ([dt.time.fromisoformat(text) for text in pair] for pair in texts)
    return tuple(Span(opens, closes) for opens, closes in times)


def _described(overlap: Overlap) -> str:
    earlier, later = overlap.earlier, overlap.later
    if later < earlier:
        return f"{earlier} goes on into {later} of the next day"
    return f"{earlier} and {later} overlap"
