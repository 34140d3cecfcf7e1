"""The scaling loop: each tick takes a sample, decides, and resizes the worker pool."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Protocol

import structlog

from shared.clock import Clock
from shop.scaling.autoscaler import Sample, ScalingPolicy, ScalingState, decide
from shop.scaling.control_messages import LastChange, ScaleRequest, Status
from shop.scaling.floors import Floors
from shop.scaling.metrics_reader import Metrics, MetricsReader
from shop.scaling.target import BaristaRange, Throughput, expected_wait

log = structlog.stdlib.get_logger(__name__)


class RefusedError(Exception):
    """The request makes no sense; the message says why."""


class ScalablePool(Protocol):
    """The worker pool, as the loop counts and resizes it."""

    @property
    def count(self) -> int:
        """How many workers there should be, without those that are draining."""

    @property
    def alive(self) -> int:
        """How many of them run."""

    @property
    def draining(self) -> int:
        """How many are finishing their last orders."""

    def scale_to(self, count: int, in_hand: Mapping[str, int]) -> None:
        """Resize to `count`; workers with the fewest orders in hand leave first."""


class ScalingLoop:
    """Keeps a pool as large as the policy says; people may change the policy meanwhile.

    `throughput` is what the status shows before the first tick.
    """

    def __init__(
        self,
        *,
        pool: ScalablePool,
        reader: MetricsReader,
        policy: ScalingPolicy,
        floors: Floors,
        clock: Clock,
        throughput: Throughput,
    ) -> None:
        self._pool = pool
        self._reader = reader
        self._policy = policy
        self._floors = floors
        self._clock = clock
        self._state = ScalingState(pool.count)
        self._metrics = Metrics(None, throughput)
        self._why = "the shop has just opened"
        self._last_change: LastChange | None = None

    async def tick(self) -> None:
        """Sample, decide, apply."""
        metrics = self._metrics = await self._reader.read()
        await self._floors.update_forecast(metrics.throughput)
        sample = Sample(metrics.backlog, metrics.throughput, self._floors.in_force())
        self._state, decision = decide(self._policy, self._state, sample)
        self._why = decision.why
        self._apply()

    def handle(self, request: ScaleRequest) -> Status:
        """Set at once what is requested, and return the status; raises RefusedError."""
        if request != ScaleRequest():
            self._policy = replace(self._policy, range=self._requested_range(request))
            desired = self._state.desired if request.desired is None else request.desired
            self._state = ScalingState(self._policy.range.clamp(desired))
            self._why = "coffeeshop scale has set it"
            log.info("scaling.set", **request.model_dump(exclude_none=True))
            self._apply()
        return self._status()

    def _requested_range(self, request: ScaleRequest) -> BaristaRange:
        now = self._policy.range
        least = now.least if request.least is None else request.least
        most = now.most if request.most is None else request.most
        if least > most:
            raise RefusedError(f"The minimum would be {least}, above the maximum of {most}.")
        floor = max([least, *(min(floor.count, most) for floor in self._floors.in_force())])
        if request.desired is not None and not floor <= request.desired <= most:
            raise RefusedError(f"{request.desired} is not between {floor} and {most}.")
        return BaristaRange(least, most)

    def _apply(self) -> None:
        """Resize the pool; workers that are draining count against the maximum."""
        before = self._pool.count
        room = max(before, self._policy.range.most - self._pool.draining)
        after = min(self._state.desired, room)
        if after != before:
            log.info("scaling.changed", before=before, after=after, why=self._why)
            self._pool.scale_to(after, self._metrics.in_hand)
            self._last_change = LastChange(
                at=self._clock(), before=before, after=after, why=self._why
            )

    def _status(self) -> Status:
        metrics, working = self._metrics, self._pool.alive
        wait = None
        if metrics.backlog is not None:
            wait = expected_wait(metrics.backlog, working, metrics.throughput)
        return Status(
            least=self._policy.range.least,
            most=self._policy.range.most,
            desired=self._state.desired,
            working=working,
            leaving=self._pool.draining,
            backlog=metrics.backlog,
            wait=wait,
            acceptable_wait=self._policy.acceptable_wait,
            prep_seconds=metrics.throughput.prep_seconds,
            concurrency=metrics.throughput.concurrency,
            schedule_floor=self._floors.scheduled,
            forecast_floor=self._floors.forecast,
            forecast_counts=self._floors.forecast_counts,
            now=self._why,
            last_change=self._last_change,
        )
