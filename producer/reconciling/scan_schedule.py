"""When to scan the open orders: seldom where a scan costs money, but often after trouble."""

from __future__ import annotations

from collections.abc import Callable

_EVERY_ROUND_SECONDS = 120


class ScanSchedule:
    """A scan is due every `seconds`, and in every round of the two minutes after trouble.

    Something may have been lost when a process has just been started, so it begins watchful.
    `monotonic` gives seconds.
    """

    def __init__(self, seconds: float, monotonic: Callable[[], float]) -> None:
        self._seconds = seconds
        self._monotonic = monotonic
        self._next_at = monotonic()
        self.scan_every_round()

    def scan_every_round(self) -> None:
        """Scan in every round for a while: something was lost."""
        self._every_round_until = self._monotonic() + _EVERY_ROUND_SECONDS

    @property
    def is_due(self) -> bool:
        """Whether it is time to scan."""
        now = self._monotonic()
        return now < self._every_round_until or now >= self._next_at

    def scanned(self) -> None:
        """Start the wait for the next scan."""
        self._next_at = self._monotonic() + self._seconds
