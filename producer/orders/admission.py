"""Before an order is placed: whether the shop takes it, and how long its customer will wait."""

from __future__ import annotations

import asyncio
import datetime as dt
import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from producer.menu.service import CurrentMenu
from producer.orders.backlog import Backlog
from producer.orders.errors import ShopClosedError, TooBusyError
from producer.orders.opening_hours import OpeningHours
from shared.domain.estimate import Estimate, estimate
from shared.domain.shop import TAKES_ORDERS, WorkerHeartbeat
from shared.runtime.ttl_cache import TtlCache

_BUSY_SECONDS = 10
"""When to try again while the backlog is too long."""

HEARTBEATS_TTL_SECONDS = 1.0
"""One read returns the heartbeats of all workers: too costly to repeat for every order."""


@dataclass(frozen=True, slots=True)
class Admitted:
    """What counts for an order that is taken `at` this moment."""

    at: dt.datetime
    business_day: dt.date
    sold_out: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderAdmission:
    """Takes orders while the shop is open and fewer than `backlog_limit` tickets are unfinished.

    While the process is `closing`, none is taken: no barista is left for it.
    """

    opening_hours: OpeningHours
    backlog: Backlog
    backlog_limit: int
    closing: asyncio.Event = field(default_factory=asyncio.Event)

    async def admit(self, now: dt.datetime) -> Admitted:
        """Let an order in; raises ShopClosedError or TooBusyError."""
        if self.closing.is_set():
            raise ShopClosedError("closing", None, None)
        status, time = await self.opening_hours.status(now)
        if time is None or status.state not in TAKES_ORDERS:
            until = status.until and status.until.astimezone(self.opening_hours.timezone)
            raise ShopClosedError(status.state, status.reason, until)
        if self.backlog.count >= self.backlog_limit:
            raise TooBusyError(_BUSY_SECONDS)
        return Admitted(now, time.day, status.sold_out)


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitEstimator:
    """Estimates waits from the backlog and the slots of all workers that are alive.

    Where people prepare, each worker is one pair of hands, however many orders these turn to.
    Preparation times are divided by `brew_speed`; 0 means that preparing takes no time.
    """

    heartbeats: TtlCache[Sequence[WorkerHeartbeat]]
    backlog: Backlog
    menu: CurrentMenu
    brew_speed: float
    by_people: bool = False

    async def estimate(self, prep_seconds: int = 0) -> Estimate:
        """Estimate the wait of an order that takes `prep_seconds` at natural speed."""
        heartbeats = await self.heartbeats.get()
        slots = sum(1 if self.by_people else heartbeat.slots for heartbeat in heartbeats)
        typical = (await self.menu()).value.typical_seconds
        speed = self.brew_speed or math.inf
        return estimate(self.backlog.count, slots, typical / speed, prep_seconds / speed)
