"""The clock that is passed to whatever needs the time of day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import TypeAlias

Clock: TypeAlias = Callable[[], dt.datetime]
"""Tells the time: an aware datetime in UTC, to the millisecond."""


def utc_now() -> dt.datetime:
    """Tell the time of day by the system's clock."""
    now = dt.datetime.now(dt.UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)
