"""Newsletter issues, which staff publish to a topic."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

ISSUES_KEPT = dt.timedelta(days=90)
"""How long an announced issue can be read."""


@dataclass(frozen=True, slots=True)
class Issue:
    """An issue that was accepted; `event` is its CloudEvent as JSON, and `id` the event's.

    It is announced at `at`: when it was accepted, or some time later. Until then it can be
    withdrawn; a withdrawn one is kept, so that its idempotency key publishes nothing.
    """

    id: str
    topic: str
    event: str
    at: dt.datetime
    withdrawn: bool = False
