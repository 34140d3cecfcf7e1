"""A shop in simulated time: orders, slots that prepare them, and the autoscaler's own `decide`."""

from __future__ import annotations

import statistics
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from shop.scaling.autoscaler import Sample, ScalingPolicy, ScalingState, decide
from shop.scaling.target import Throughput, expected_wait

STEP_SECONDS = 0.02


@dataclass(frozen=True, slots=True)
class Setup:
    """How a shop is run; times are in seconds.

    A barista needs `start_seconds` to begin, and its slots are empty for `between_seconds` from
    one order to the next.
    """

    policy: ScalingPolicy
    concurrency: int
    tick: float
    start_seconds: float = 0.0
    between_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Point:
    """The shop at one tick, `at` seconds after the start; `backlog` is None if not counted."""

    at: float
    backlog: int | None
    wait: float | None
    workers: int


@dataclass(slots=True)
class _Worker:
    begins_at: float
    busy_until: list[float] = field(default_factory=list)
    leaving: bool = False


@dataclass(slots=True)
class _Shop:
    setup: Setup
    workers: list[_Worker]
    waiting: deque[float] = field(default_factory=deque)

    @property
    def backlog(self) -> int:
        return len(self.waiting) + sum(len(worker.busy_until) for worker in self.workers)

    @property
    def count(self) -> int:
        return sum(not worker.leaving for worker in self.workers)

    def work(self, at: float) -> None:
        """Finish due orders, remove drained workers, and start waiting orders."""
        for worker in self.workers:
            worker.busy_until = [end for end in worker.busy_until if end > at]
        self.workers = [each for each in self.workers if each.busy_until or not each.leaving]
        for worker in self.workers:
            free = self.setup.concurrency - len(worker.busy_until)
            if worker.begins_at <= at and not worker.leaving:
                for _ in range(min(free, len(self.waiting))):
                    seconds = self.waiting.popleft() + self.setup.between_seconds
                    worker.busy_until.append(at + seconds)

    def scale_to(self, count: int, at: float) -> None:
        room = max(self.count, self.setup.policy.range.most - (len(self.workers) - self.count))
        while self.count < min(count, room):
            self.workers.append(_Worker(at + self.setup.start_seconds))
        while self.count > count:
            staying = [worker for worker in reversed(self.workers) if not worker.leaving]
            min(staying, key=lambda worker: len(worker.busy_until)).leaving = True


def simulate(
    setup: Setup, orders: Sequence[tuple[float, float]], seconds: float
) -> Sequence[Point]:
    """Run a shop, and return its ticks; `orders` are arrival times and preparation seconds."""
    least = setup.policy.range.least
    shop = _Shop(setup, [_Worker(0.0) for _ in range(least)])
    state = ScalingState(least)
    throughput = Throughput(statistics.fmean(prep for _, prep in orders), setup.concurrency)
    coming = deque(orders)
    points: list[Point] = []
    for number in range(round(seconds / STEP_SECONDS)):
        at = number * STEP_SECONDS
        while coming and coming[0][0] <= at:
            shop.waiting.append(coming.popleft()[1])
        shop.work(at)
        if at >= len(points) * setup.tick:
            state, decision = decide(setup.policy, state, Sample(shop.backlog, throughput))
            shop.scale_to(decision.desired, at)
            wait = expected_wait(shop.backlog, shop.count, throughput)
            points.append(Point(at, shop.backlog, wait, shop.count))
    return points
