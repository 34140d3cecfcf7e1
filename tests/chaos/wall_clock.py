"""A wall clock that jumps while services run: Debian's libfaketime, under real processes."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

LIBRARY = next(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"), None)

needs_faketime = pytest.mark.skipif(
    LIBRARY is None and "COFFEE_TESTS_SKIP_NOTHING" not in os.environ,
    reason="faketime is not installed",
)


@dataclass(frozen=True, slots=True)
class WallClock:
    """The time of day of some services; it passes at the usual speed."""

    file: Path

    def jump(self, seconds: int) -> None:
        """Set the clock so many seconds ahead of real time, at once in all these services."""
        news = self.file.with_suffix(".new")
        news.write_text(f"{seconds:+d}\n")
        news.replace(self.file)

    def variables(self) -> Mapping[str, str]:
        """The variables of a service that uses this clock.

        libfaketime's fix for hanging waits (FORCE_MONOTONIC_FIX in its README), on by default here,
        makes waits end at once: threads that wait for Python's lock would use a whole core.
        """
        return {
            "LD_PRELOAD": str(LIBRARY),
            "FAKETIME_TIMESTAMP_FILE": str(self.file),
            "FAKETIME_NO_CACHE": "1",
            "DONT_FAKE_MONOTONIC": "1",
            "PYTHONPATH": str(Path(__file__).with_name("under_faketime")),
            "FAKETIME_FORCE_MONOTONIC_FIX": "0",
        }
