"""The estimated wait for an order, from the work ahead of it."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Estimate:
    """A range of seconds that most orders' waits fall into."""

    low_seconds: int
    high_seconds: int


def estimate(backlog: int, slots: int, typical_seconds: float, own_seconds: float = 0) -> Estimate:
    """Estimate the wait of an order with `backlog` orders ahead of it.

    `slots` is how many orders are prepared at once (0 is taken as 1), a typical one for
    `typical_seconds`, this one for `own_seconds`. The upper bound doubles the time in the queue,
    as orders differ, and adds half of the order's own preparation.
    """
    queued = backlog * typical_seconds / max(slots, 1)
    return Estimate(math.floor(queued + own_seconds), math.ceil(queued * 2 + own_seconds * 1.5))


def remaining(estimate: Estimate, elapsed_seconds: float) -> Estimate:
    """Subtract the time that has passed; a clock set back does not lengthen the wait."""
    passed = max(0, elapsed_seconds)
    return Estimate(
        max(0, math.floor(estimate.low_seconds - passed)),
        max(0, math.ceil(estimate.high_seconds - passed)),
    )
