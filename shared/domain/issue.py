"""Newsletter issues, which staff publish to a topic."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Issue:
    """An issue that was accepted; `event` is its CloudEvent as JSON, and `id` the event's."""

    id: str
    topic: str
    event: str
    at: dt.datetime
