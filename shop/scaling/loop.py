"""Tracking: at every tick one sample, one decision, and as many baristas as it says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Protocol

import structlog

from shared.clock import Clock
from shop.scaling.autoscaler import Sample, ScalingPolicy, ScalingState, decide
from shop.scaling.control_messages import LastChange, Status, Wish
from shop.scaling.floors import Floors
from shop.scaling.metrics_reader import Gauge, Reading
from shop.scaling.target import BaristaRange, expected_wait

log = structlog.stdlib.get_logger(__name__)


class RefusedError(Exception):
    """The wish makes no sense; the message says why."""


class Crew(Protocol):
    """The baristas, as they are counted and changed."""

    @property
    def count(self) -> int:
        """How many there should be, without those that are leaving."""

    @property
    def at_work(self) -> int:
        """How many of them are alive."""

    @property
    def leaving(self) -> int:
        """How many are finishing their last orders."""

    def scale_to(self, count: int, in_hand: Mapping[str, int]) -> None:
        """Have so many; those with the fewest orders in hand leave first."""


class Tracking:
    """Keeps a crew as large as the policy says, and lets people change the policy meanwhile."""

    def __init__(
        self,
        crew: Crew,
        gauge: Gauge,
        policy: ScalingPolicy,
        floors: Floors,
        clock: Clock,
        start: Reading,
    ) -> None:
        self._crew = crew
        self._gauge = gauge
        self._policy = policy
        self._floors = floors
        self._clock = clock
        self._state = ScalingState(crew.count)
        self._reading = start
        self._why = "the shop has just opened"
        self._last_change: LastChange | None = None

    async def tick(self) -> None:
        """Sample, decide, apply."""
        self._reading = await self._gauge.read()
        await self._floors.look_ahead(self._reading.pace)
        sample = Sample(self._reading.backlog, self._reading.pace, self._floors.in_force())
        self._state, decision = decide(self._policy, self._state, sample)
        self._why = decision.why
        self._apply()

    def obey(self, wish: Wish) -> Status:
        """Set what is wished for, at once, and tell how things are; raises RefusedError."""
        if wish != Wish():
            self._policy = replace(self._policy, range=self._wished_range(wish))
            desired = self._state.desired if wish.desired is None else wish.desired
            self._state = ScalingState(self._policy.range.clamp(desired))
            self._why = "coffeeshop scale has set it"
            log.info("scaling.set", **wish.model_dump(exclude_none=True))
            self._apply()
        return self._status()

    def _wished_range(self, wish: Wish) -> BaristaRange:
        now = self._policy.range
        least = now.least if wish.least is None else wish.least
        most = now.most if wish.most is None else wish.most
        if least > most:
            raise RefusedError(f"The minimum would be {least}, above the maximum of {most}.")
        floor = max([least, *(min(floor.count, most) for floor in self._floors.in_force())])
        if wish.desired is not None and not floor <= wish.desired <= most:
            raise RefusedError(f"{wish.desired} is not between {floor} and {most}.")
        return BaristaRange(least, most)

    def _apply(self) -> None:
        """Those who are leaving count against the maximum until they are gone."""
        before = self._crew.count
        room = max(before, self._policy.range.most - self._crew.leaving)
        after = min(self._state.desired, room)
        if after != before:
            log.info("scaling.changed", before=before, after=after, why=self._why)
            self._crew.scale_to(after, self._reading.in_hand)
            self._last_change = LastChange(
                at=self._clock(), before=before, after=after, why=self._why
            )

    def _status(self) -> Status:
        reading, working = self._reading, self._crew.at_work
        wait = None
        if reading.backlog is not None:
            wait = expected_wait(reading.backlog, working, reading.pace)
        return Status(
            least=self._policy.range.least,
            most=self._policy.range.most,
            desired=self._state.desired,
            working=working,
            leaving=self._crew.leaving,
            backlog=reading.backlog,
            wait=wait,
            acceptable_wait=self._policy.acceptable_wait,
            prep_seconds=reading.pace.prep_seconds,
            concurrency=reading.pace.concurrency,
            schedule_floor=self._floors.scheduled,
            forecast_floor=self._floors.forecast,
            forecast_counts=self._floors.forecast_counts,
            now=self._why,
            last_change=self._last_change,
        )
