"""The formula: how many baristas a backlog, or a rate of orders, needs.

The autoscaler tracks `workers_for`, `coffeeshop plan` computes with it, and the policy in
`deploy/` states the same for ECS.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from shop.scaling.throughput import Throughput

MOST_BARISTAS = 64


@dataclass(frozen=True, slots=True)
class BaristaRange:
    """The fewest and the most baristas allowed."""

    least: int
    most: int

    def clamp(self, count: int) -> int:
        """Bring a number into the range."""
        return max(self.least, min(count, self.most))


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
