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
    """What some services take for the time of day; how fast it passes is as ever."""

    file: Path

    def jump(self, seconds: int) -> None:
        """Be so many seconds ahead of the real time from now on, at once for everybody."""
        news = self.file.with_suffix(".new")
        news.write_text(f"{seconds:+d}\n")
        news.replace(self.file)

    def variables(self) -> Mapping[str, str]:
        """Give the variables by which a service has this clock.

        With its fix for hanging waits (libfaketime's README, FORCE_MONOTONIC_FIX), which it takes
        to be needed here, waits end at once: threads that want Python's lock take all of a core.
        """
        return {
            "LD_PRELOAD": str(LIBRARY),
            "FAKETIME_TIMESTAMP_FILE": str(self.file),
            "FAKETIME_NO_CACHE": "1",
            "DONT_FAKE_MONOTONIC": "1",
            "PYTHONPATH": str(Path(__file__).with_name("under_faketime")),
            "FAKETIME_FORCE_MONOTONIC_FIX": "0",
        }
