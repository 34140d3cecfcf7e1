"""How long a barista's last orders took to prepare."""

from __future__ import annotations

import contextlib
import statistics
from collections import deque
from collections.abc import Callable, Iterator

_LAST = 10
"""Few, so that it soon shows when other orders come than before."""


class Preparations:
    """Remembers the last preparations; `monotonic` is a clock, in seconds."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._seconds: deque[float] = deque(maxlen=_LAST)

    @contextlib.contextmanager
    def timed(self) -> Iterator[None]:
        """Time a preparation, from its claim until it is ready; one that fails does not count."""
        began = self._monotonic()
        yield
        self._seconds.append(self._monotonic() - began)

    @property
    def count(self) -> int:
        """How many are remembered."""
        return len(self._seconds)

    @property
    def mean_seconds(self) -> float:
        """What one took on average; 0 when there was none."""
        return statistics.fmean(self._seconds) if self._seconds else 0.0
