"""The formula: how many baristas a backlog, or a rate of orders, is work for.

`workers_for` is what the autoscaler tracks, what `coffeeshop plan` reckons with, and what the
policy in `deploy/` states for ECS.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

QUICKEST_SECONDS = 0.001
"""What a preparation takes at least: without any waiting it still is some work."""


@dataclass(frozen=True, slots=True)
class BaristaRange:
    """How few and how many baristas there may be."""

    least: int
    most: int

    def clamp(self, count: int) -> int:
        """Bring a number into the range."""
        return max(self.least, min(count, self.most))


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast one barista is: seconds for an order, and how many orders at once."""

    prep_seconds: float
    concurrency: int

    @property
    def orders_per_second(self) -> float:
        """What one barista finishes while it is never without orders."""
        return self.concurrency / max(self.prep_seconds, QUICKEST_SECONDS)

    def backlog_within(self, wait_seconds: float) -> float:
        """Say how many orders one barista can have ahead of it for none to wait longer."""
        return wait_seconds * self.orders_per_second


def workers_for(backlog: float, pace: Pace, acceptable_wait: float) -> int:
    """Say how many baristas finish a backlog (waiting and in flight) within so many seconds."""
    # 12 digits: 0.3 * 10 / 3 is one barista's work, not a little more than one's.
    return math.ceil(round(backlog / pace.backlog_within(acceptable_wait), 12))


def workers_at(orders_per_second: float, pace: Pace) -> int:
    """Say how many baristas keep up with orders that come at a steady rate.

    It is `workers_for` of what comes in any time, to be finished within that time.
    """
    return workers_for(orders_per_second, pace, 1)


def expected_wait(backlog: float, workers: int, pace: Pace) -> float:
    """Say in how many seconds so many baristas (none: one is assumed to come) finish a backlog."""
    return backlog / (max(workers, 1) * pace.orders_per_second)
