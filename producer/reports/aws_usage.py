"""Requests to AWS of the last hour, and what they would cost for a million orders.

Workers report their counts in their heartbeats; the cashier knows its own process's.
"""

from __future__ import annotations

import datetime as dt
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from shared.aws.prices import US_EAST_1, Prices
from shared.clock import Clock
from shared.domain.shop import WorkerHeartbeat
from shared.runtime.aws_requests import Billed

SAMPLE_SECONDS = 20
"""What a worker has requested since its last sample is not counted if it is killed."""

_HOUR = dt.timedelta(hours=1)
_THIS_PROCESS = ""


@dataclass(frozen=True, slots=True)
class AwsUsage:
    """What was requested since then, by this process and those workers that were seen."""

    since: dt.datetime
    workers: int
    billed: Billed


@dataclass(frozen=True, slots=True)
class Rates:
    """Requests for each order, and dollars for a million of them."""

    requests_per_order: float
    dollars_per_million: float


@dataclass(slots=True)
class AwsUsageHistory:
    """Adds up how the counts of all processes grow, for an hour back."""

    heartbeats: Callable[[], Awaitable[Sequence[WorkerHeartbeat]]]
    own: Callable[[], Billed]
    clock: Clock
    _began: dt.datetime | None = field(default=None, init=False)
    _last: dict[str, tuple[dt.datetime, Billed]] = field(default_factory=dict, init=False)
    _grown: deque[tuple[dt.datetime, Billed]] = field(default_factory=deque, init=False)

    async def sample(self) -> None:
        """Count what was requested since the last sample; the first one begins to count.

        A worker that is seen for the first time later has started since: all of its requests count.
        """
        beats = await self.heartbeats()
        now = self.clock()
        seen = {
            beat.worker: (beat.until, Billed(beat.sqs_requests, beat.sns_requests))
            for beat in beats
            if not self._is_older(beat)
        } | {_THIS_PROCESS: (now, self.own())}
        if self._began is None:
            self._began = now
        else:
            self._add(now, {name: count for name, (_, count) in seen.items()})
        self._last |= seen
        self._forget(now - _HOUR)

    async def usage(self) -> AwsUsage:
        """Sample, and sum up the last hour, or the time since the first sample."""
        await self.sample()
        now = self.clock()
        total = Billed()
        for _, count in self._grown:
            total = total.plus(count)
        since = max(self._began or now, now - _HOUR)
        return AwsUsage(since, len(self._last.keys() - {_THIS_PROCESS}), total)

    def _is_older(self, beat: WorkerHeartbeat) -> bool:
        """Whether a heartbeat was written before one that was read: reads may be of the past."""
        known = self._last.get(beat.worker)
        return known is not None and beat.until < known[0]

    def _add(self, now: dt.datetime, seen: dict[str, Billed]) -> None:
        total = Billed()
        for name, count in seen.items():
            _, before = self._last.get(name, (now, Billed()))
            total = total.plus(grown(before, count))
        if self._grown and now - self._grown[-1][0] < dt.timedelta(seconds=SAMPLE_SECONDS):
            at, before = self._grown.pop()
            self._grown.append((at, before.plus(total)))
        else:
            self._grown.append((now, total))

    def _forget(self, before: dt.datetime) -> None:
        while self._grown and self._grown[0][0] < before:
            self._grown.popleft()
        self._last = {name: one for name, one in self._last.items() if one[0] >= before}


def grown(before: Billed, after: Billed) -> Billed:
    """Return by how much a process's counts grew; lower ones are those of its successor."""
    if after.sqs < before.sqs or after.sns < before.sns:
        return after
    return Billed(after.sqs - before.sqs, after.sns - before.sns)


def rates(billed: Billed, orders: int, prices: Prices = US_EAST_1) -> Rates | None:
    """Return what an order takes; None without orders. Prices are for a million requests, too."""
    if orders == 0:
        return None
    dollars = billed.sqs * prices.sqs + billed.sns * prices.sns
    return Rates(
        requests_per_order=(billed.sqs + billed.sns) / orders,
        dollars_per_million=dollars / orders,
    )
