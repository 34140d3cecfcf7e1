"""The gauge: reads off queue and roster what the autoscaler decides by."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import structlog

from shared.aws.errors import AwsUnavailableError
from shared.clock import Clock
from shared.domain.shop import WorkerHeartbeat
from shared.store.contract import HeartbeatStore, StoreUnavailableError
from shop.scaling.pace import measured_seconds
from shop.scaling.target import Pace

log = structlog.stdlib.get_logger(__name__)

ANSWER_SECONDS = 3.0


class TicketCount(Protocol):
    """Whoever can count the tickets waiting and in flight."""

    async def waiting_and_in_flight(self) -> tuple[int, int]:
        """Count them."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read; `backlog` is none when the queue was out of reach.

    `in_hand` is how many orders each barista on the roster is at work on.
    """

    backlog: int | None
    pace: Pace
    in_hand: Mapping[str, int] = field(default_factory=dict)


class Gauge:
    """Asks the queue itself: it knows when it knows nothing, and needs no counter to be up.

    `pace` holds until the baristas have measured enough orders, and then its concurrency does.
    """

    def __init__(
        self, tickets: TicketCount, roster: HeartbeatStore, pace: Pace, clock: Clock
    ) -> None:
        self._tickets = tickets
        self._roster = roster
        self._pace = pace
        self._clock = clock

    async def read(self) -> Reading:
        """Read everything; takes 3 s at most, and what is out of reach is left out."""
        backlog, shifts = await asyncio.gather(self._backlog(), self._shifts())
        in_hand = {shift.worker: shift.in_hand for shift in shifts}
        return Reading(backlog, self._measure(shifts), in_hand)

    async def _backlog(self) -> int | None:
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                return sum(await self._tickets.waiting_and_in_flight())
        except (AwsUnavailableError, TimeoutError) as error:
            log.warning("scaling.no_backlog", error=str(error) or "no answer in time")
            return None

    async def _shifts(self) -> Sequence[WorkerHeartbeat]:
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                return await self._roster.worker_heartbeats(self._clock())
        except (StoreUnavailableError, TimeoutError) as error:
            log.warning("scaling.no_roster", error=str(error) or "no answer in time")
            return ()

    def _measure(self, shifts: Sequence[WorkerHeartbeat]) -> Pace:
        seconds = measured_seconds(shifts)
        if seconds is not None:
            self._pace = Pace(seconds, self._pace.concurrency)
        return self._pace
