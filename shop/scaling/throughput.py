"""How fast baristas are: as their heartbeats have measured it, or else by the menu."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from shared.domain.menu import Menu
from shared.domain.shop import WorkerHeartbeat

SHORTEST_SECONDS = 0.001
"""The least that a preparation takes: without any waiting it is still some work."""

ENOUGH = 5
"""The mean of fewer orders says too little."""


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


def measured_seconds(heartbeats: Sequence[WorkerHeartbeat]) -> float | None:
    """Return the mean over the last orders of the workers alive; None for too few orders."""
    prepared = sum(heartbeat.prepared for heartbeat in heartbeats)
    if prepared < ENOUGH:
        return None
    return sum(one.prepared * one.prep_seconds for one in heartbeats) / prepared


def typical_seconds(menu: Menu, brew_speed: float) -> float:
    """Return the mean over the menu, used until orders are measured; 0 at a brew speed of 0."""
    mean = statistics.fmean(item.prep_seconds for item in menu.items)
    return mean / brew_speed if brew_speed else 0.0
