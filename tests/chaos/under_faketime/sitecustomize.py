"""Runs when Python starts under libfaketime: makes `time.sleep` use a call that it leaves alone.

Since 3.11 `time.sleep` waits for a moment of the monotonic clock, by clock_nanosleep, in which
libfaketime 0.9.10 mixes up the clocks: EINVAL, even if it is set to leave the monotonic one alone.
"""

from __future__ import annotations

import select
import time
from typing import SupportsIndex


def _sleep(seconds: float | SupportsIndex) -> None:
    select.select((), (), (), float(seconds))


time.sleep = _sleep
