"""How long an order will take, from the work ahead of it."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Estimate:
    """A wait, in whole seconds, that most orders fall into."""

    low_seconds: int
    high_seconds: int


def estimate(backlog: int, slots: int, typical_seconds: float, own_seconds: float = 0) -> Estimate:
    """Estimate the wait of an order with `backlog` orders ahead of it.

    `slots` is how many orders are prepared at once (none: one is assumed to come), a typical one
    for `typical_seconds`, this one for `own_seconds`. The upper bound doubles the wait in line,
    as orders differ, and adds half of the order's own preparation.
    """
    in_line = backlog * typical_seconds / max(slots, 1)
    return Estimate(math.floor(in_line + own_seconds), math.ceil(in_line * 2 + own_seconds * 1.5))


def remaining(estimate: Estimate, elapsed_seconds: float) -> Estimate:
    """What is left of a wait after some of it has passed; a clock set back does not add to it."""
    passed = max(0, elapsed_seconds)
    return Estimate(
        max(0, math.floor(estimate.low_seconds - passed)),
        max(0, math.ceil(estimate.high_seconds - passed)),
    )
