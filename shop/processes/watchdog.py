"""The watchdog: notices that a child's event loop no longer turns, as systemd's WatchdogSec does.

A child writes a byte to a pipe every second. That needs no port, asks the event loop itself, and is
the same for emulator, counter and workers.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from shared.runtime.lifecycle import until_whole

TICK_SECONDS = 1.0

START_TICKS = 120
"""Ticks that a child may take to start: many that start at once share few cores."""


@dataclass(frozen=True, slots=True)
class Watchdog:
    """The pipe of one run of a child; the child writes to `reports_fd`."""

    reports_fd: int
    _reading_fd: int

    async def silence(self, ticks: int, has_started: Callable[[], bool]) -> None:
        """Return after `ticks` ticks in a row without a report, 120 while the child starts.

        Our own ticks are counted, and not the time: while this process is stopped, or the whole
        machine asleep, no child is late.
        """
        silent, has_reported = 0, False
        while silent < (ticks if has_reported and has_started() else START_TICKS):
            await until_whole(TICK_SECONDS)
            if self._read():
                silent, has_reported = 0, True
            else:
                silent += 1

    def close_reports(self) -> None:
        """Leave the writing end to the child."""
        os.close(self.reports_fd)

    def _read(self) -> bool:
        with contextlib.suppress(BlockingIOError):
            return bool(os.read(self._reading_fd, 4096))
        return False


@contextlib.contextmanager
def opened_watchdog() -> Iterator[Watchdog]:
    """Open a pipe for one run; the caller closes its writing end."""
    reading, writing = os.pipe()
    os.set_blocking(reading, False)
    try:
        yield Watchdog(writing, reading)
    finally:
        os.close(reading)
