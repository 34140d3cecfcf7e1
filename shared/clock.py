"""The clock, and how points in time are written on the wire and in the stores."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Annotated, TypeAlias

from pydantic import AwareDatetime, Field, PlainSerializer

Clock: TypeAlias = Callable[[], dt.datetime]
"""Returns the time: an aware datetime in UTC, to the millisecond."""


def utc_now() -> dt.datetime:
    """Return the time by the system's clock."""
    now = dt.datetime.now(dt.UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)


def rfc3339(at: dt.datetime) -> str:
    """Write a point in time as RFC 3339, section 5.6, in UTC to the millisecond."""
    return at.astimezone(dt.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def sortable(at: dt.datetime) -> str:
    """Write a point in time so that texts sort as times do: UTC, to the microsecond."""
    return at.astimezone(dt.UTC).isoformat(timespec="microseconds")


Timestamp = Annotated[
    AwareDatetime,
    PlainSerializer(rfc3339, return_type=str, when_used="json"),
    Field(json_schema_extra={"format": "date-time"}),
]
"""A point in time in a JSON model, written by `rfc3339`."""
