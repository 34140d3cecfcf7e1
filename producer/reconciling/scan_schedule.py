"""When to look at the open orders: seldom, where looking costs money, but for troubled times."""

from __future__ import annotations

from collections.abc import Callable

_WATCHFUL_SECONDS = 120


class ScanSchedule:
    """Says when the next look is due: every `seconds`, or always, in the next two minutes.

    Something may have been lost when a process has just been started, and so it begins watchful.
    `monotonic` gives seconds.
    """

    def __init__(self, seconds: float, monotonic: Callable[[], float]) -> None:
        self._seconds = seconds
        self._monotonic = monotonic
        self._next_at = monotonic()
        self.be_watchful()

    def be_watchful(self) -> None:
        """Look every time for a while: something was lost."""
        self._watchful_until = self._monotonic() + _WATCHFUL_SECONDS

    @property
    def is_due(self) -> bool:
        """Whether it is time to look."""
        now = self._monotonic()
        return now < self._watchful_until or now >= self._next_at

    def looked(self) -> None:
        """Begin to wait for the next look."""
        self._next_at = self._monotonic() + self._seconds
