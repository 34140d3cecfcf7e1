"""Points in time as they cross the wire: RFC 3339, UTC, milliseconds."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

from pydantic import AwareDatetime, PlainSerializer


def rfc3339(at: dt.datetime) -> str:
    """Write a point in time as RFC 3339 section 5.6 has it, in UTC to the millisecond."""
    return at.astimezone(dt.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


Timestamp = Annotated[AwareDatetime, PlainSerializer(rfc3339, return_type=str, when_used="json")]
