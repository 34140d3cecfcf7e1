"""The formula: how many baristas a backlog, or a rate of orders, needs.

The autoscaler tracks `workers_for`, and `coffeeshop plan` computes with it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

MOST_BARISTAS = 64

SHORTEST_SECONDS = 0.001
"""The least that a preparation takes: without any waiting it is still some work."""


@dataclass(frozen=True, slots=True)
class BaristaRange:
    """The fewest and the most baristas allowed."""

    least: int
    most: int

    def __str__(self) -> str:
        return f"{self.least}..{self.most}"

    def clamp(self, count: int) -> int:
        """Bring a number into the range."""
        return max(self.least, min(count, self.most))


@dataclass(frozen=True, slots=True)
class Throughput:
    """How fast one barista is: seconds per order, and how many orders at once."""

    prep_seconds: float
    concurrency: int

    @property
    def orders_per_second(self) -> float:
        """What one barista finishes while it always has orders."""
        return self.concurrency / max(self.prep_seconds, SHORTEST_SECONDS)

    def backlog_within(self, wait_seconds: float) -> float:
        """Return how many orders one barista finishes within `wait_seconds`."""
        return wait_seconds * self.orders_per_second


def workers_for(backlog: float, throughput: Throughput, acceptable_wait: float) -> int:
    """Return how many baristas finish a backlog (waiting and in flight) in `acceptable_wait` s."""
    # 12 digits: 0.3 * 10 / 3 is one barista's work, not a little more than one's.
    return math.ceil(round(backlog / throughput.backlog_within(acceptable_wait), 12))


def workers_at(orders_per_second: float, throughput: Throughput) -> int:
    """Return how many baristas keep up with a steady rate.

    It is `workers_for` of the orders of any period, to be finished within that period.
    """
    return workers_for(orders_per_second, throughput, 1)


def expected_wait(backlog: float, workers: int, throughput: Throughput) -> float:
    """Return in how many seconds the workers finish a backlog; for none, one is assumed."""
    return backlog / (max(workers, 1) * throughput.orders_per_second)
