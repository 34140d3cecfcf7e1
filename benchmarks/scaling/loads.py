"""Loads to scale by: when orders come, drawn before any of it is run."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence

Rate = Callable[[float], float]
"""Orders per second at a time, in seconds since the start."""


def step(low: float, high: float, since: float, until: float) -> Rate:
    """Make a rate that is high for a while, and low before and after."""
    return lambda at: high if since <= at < until else low


def sine(low: float, high: float, period: float) -> Rate:
    """Make a rate that rises and falls between two others, from the low one on."""
    return lambda at: low + (high - low) * (1 - math.cos(2 * math.pi * at / period)) / 2


def spike(low: float, high: float, at: float, seconds: float) -> Rate:
    """Make a rate that is high for a moment."""
    return step(low, high, at, at + seconds)


def arrivals(rate: Rate, seconds: float, look: float = 0.01) -> Sequence[float]:
    """Say when orders come: each as soon as the rate adds up to one more."""
    times = [position * look for position in range(math.ceil(seconds / look))]
    totals = itertools.accumulate(rate(at) * look for at in times)
    orders, due = [], 1.0
    for at, total in zip(times, totals, strict=True):
        while total >= due - 1e-9:
            orders.append(at)
            due += 1
    return orders
