"""Loads to scale by: the times at which orders come, computed before a run."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence

Rate = Callable[[float], float]
"""Orders per second at a time, in seconds since the start."""


def step(low: float, high: float, since: float, until: float) -> Rate:
    """Return a rate that is high for a while, and low before and after."""
    return lambda at: high if since <= at < until else low


def sine(low: float, high: float, period: float) -> Rate:
    """Return a rate that rises and falls between two others, beginning with the low one."""
    return lambda at: low + (high - low) * (1 - math.cos(2 * math.pi * at / period)) / 2


def spike(low: float, high: float, at: float, seconds: float) -> Rate:
    """Return a rate that is high for a moment."""
    return step(low, high, at, at + seconds)


def arrivals(rate: Rate, seconds: float, step: float = 0.01) -> Sequence[float]:
    """Return when orders come: each as soon as the rate adds up to one more."""
    times = [position * step for position in range(math.ceil(seconds / step))]
    totals = itertools.accumulate(rate(at) * step for at in times)
    orders, due = [], 1.0
    for at, total in zip(times, totals, strict=True):
        while total >= due - 1e-9:
            orders.append(at)
            due += 1
    return orders
