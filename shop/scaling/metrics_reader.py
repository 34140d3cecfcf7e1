"""Reads what the autoscaler decides by: the queue's backlog and the worker heartbeats."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

import structlog

from shared.clock import Clock
from shared.domain.errors import UnavailableError
from shared.domain.menu import Menu
from shared.domain.shop import WorkerHeartbeat
from shared.store.contract import HeartbeatStore
from shop.scaling.target import Throughput

log = structlog.stdlib.get_logger(__name__)

READ_SECONDS = 3.0

ENOUGH = 5
"""The mean of fewer orders says too little."""

Found = TypeVar("Found")


class TicketCount(Protocol):
    """Counts the tickets waiting and in flight."""

    async def waiting_and_in_flight(self) -> tuple[int, int]:
        """Count them."""


@dataclass(frozen=True, slots=True)
class Metrics:
    """What was read; `backlog` is None while the queue cannot be reached.

    `in_hand` is how many orders each worker is preparing, by its name in the heartbeats.
    """

    backlog: int | None
    throughput: Throughput
    in_hand: Mapping[str, int] = field(default_factory=dict)


class MetricsReader:
    """Reads the queue itself, so it needs no cashier and knows when the backlog is unknown.

    `throughput` holds until the workers have measured enough orders, its concurrency for ever.
    """

    def __init__(
        self, tickets: TicketCount, store: HeartbeatStore, throughput: Throughput, clock: Clock
    ) -> None:
        self._tickets = tickets
        self._store = store
        self._throughput = throughput
        self._clock = clock

    async def read(self) -> Metrics:
        """Read everything within 3 s; what cannot be reached is left out."""
        tickets, heartbeats = await asyncio.gather(
            _within_reach("scaling.no_backlog", self._tickets.waiting_and_in_flight),
            _within_reach(
                "scaling.no_heartbeats", lambda: self._store.worker_heartbeats(self._clock())
            ),
        )
        seconds = measured_seconds(heartbeats or ())
        if seconds is not None:
            self._throughput = Throughput(seconds, self._throughput.concurrency)
        in_hand = {heartbeat.worker: heartbeat.in_hand for heartbeat in heartbeats or ()}
        backlog = None if tickets is None else sum(tickets)
        return Metrics(backlog, self._throughput, in_hand)


def measured_seconds(heartbeats: Sequence[WorkerHeartbeat]) -> float | None:
    """Return the mean over the last orders of the workers alive; None for too few orders."""
    prepared = sum(heartbeat.prepared for heartbeat in heartbeats)
    if prepared < ENOUGH:
        return None
    return sum(one.prepared * one.prep_seconds for one in heartbeats) / prepared


def typical_seconds(menu: Menu, brew_speed: float) -> float:
    """Return the mean over the menu, used until orders are measured; 0 at a brew speed of 0."""
    return menu.typical_seconds / brew_speed if brew_speed else 0.0


async def _within_reach(event: str, read: Callable[[], Awaitable[Found]]) -> Found | None:
    try:
        async with asyncio.timeout(READ_SECONDS):
            return await read()
    except (UnavailableError, TimeoutError) as error:
        log.warning(event, error=str(error) or "no answer in time")
        return None
