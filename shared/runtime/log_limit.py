"""Limits how often the same thing is logged, so that nobody can fill the log."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from shared.runtime.bounded_map import BoundedMap

_MOST_KEYS = 1000


@dataclass(frozen=True, slots=True)
class LogLimit:
    """Says once in so many seconds, for each key, that a line is due."""

    seconds: float
    monotonic: Callable[[], float] = time.monotonic
    _logged: BoundedMap[str, float] = field(default_factory=lambda: BoundedMap(_MOST_KEYS))

    def is_due(self, key: str = "") -> bool:
        """Return whether to log now; if so, it counts as logged."""
        now, last = self.monotonic(), self._logged.get(key)
        if last is not None and now < last + self.seconds:
            return False
        self._logged[key] = now
        return True
