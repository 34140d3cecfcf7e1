"""How long to pause after a failure."""

from __future__ import annotations

from collections.abc import Callable


def full_jitter(
    attempt: int, rnd: Callable[[], float], *, base: float = 1, cap: float = 300
) -> float:
    """Choose a pause, in seconds, after the failed attempt of that number (1 is the first).

    "Full jitter" of the AWS Architecture Blog, "Exponential Backoff And Jitter": a random pause up
    to an exponential bound, so that attempts that failed together do not come back together. `rnd`
    gives numbers from 0 to 1.
    """
    return rnd() * min(cap, base * 2.0 ** min(attempt - 1, 30))
