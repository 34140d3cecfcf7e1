"""The order numbers that may have been given out after a copy was made."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

LEFT_OUT = 1000
"""How many numbers are left out where nobody knows which were given out after the copy."""

_LONGEST_DAY = dt.timedelta(days=7)
"""A business day is over after a week without an opening (`shared.domain.hours`)."""


@dataclass(frozen=True, slots=True)
class ShopDay:
    """A shop, and the date there when its orders are restored."""

    store_id: str
    today: dt.date


def raised(counted: Mapping[dt.date, int], today: dt.date, by: int) -> Mapping[dt.date, int]:
    """Raise the last numbers of the business days that orders can still be placed on.

    `counted` are the last numbers in the copy. Days that began after it was made, up to `today`,
    count from `by` on.
    """
    first = today - _LONGEST_DAY
    since = max((*counted, first))
    begun = [since + dt.timedelta(days=ahead) for ahead in range((today - since).days + 1)]
    days = {day for day in counted if day >= first} | set(begun)
    return {day: counted.get(day, 0) + by for day in sorted(days)}
