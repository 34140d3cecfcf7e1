"""What a live event costs with some streams open: each screen gets it, and its order's customer."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.notifier.streams import board, of_order, open_streams
from benchmarks.notifier.usage import Meter, Usage
from shared.domain.order import Order, OrderState
from tests.support.notifier import Announcer, NotifierProcess, placed, then

LATER = (OrderState.PREPARING, OrderState.READY, OrderState.COLLECTED)
EVENTS = 1 + len(LATER)
"""How many events an order has; the board shows all but the first."""

STREAMS_PER_SCREEN = 100
WARM_UP_ORDERS = 25
_ARRIVAL_SECONDS = 30.0
_POLL_SECONDS = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class LivePlan:
    """Orders in a second, how many, and for how many seconds nothing happens before."""

    rate: float
    orders: int
    idle_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveCost:
    """What a live event cost: seconds of CPU, requests to SQS, and streams that it was written to.

    `idle` is the part of a core that the notifier took without events, for heartbeats and polls;
    `cpu` is what it took beyond that, and `all_cpu` everything.
    """

    streams: int
    screens: int
    events: int
    cpu: float
    all_cpu: float
    requests: float
    written: float
    idle: float


async def measure_live(
    plan: LivePlan, streams: int, announcer: Announcer, notifier: NotifierProcess
) -> LiveCost:
    """Open the streams, and announce orders at a steady rate, a change after the other."""
    orders = [placed() for _ in range(plan.orders)]
    screens = max(1, streams // STREAMS_PER_SCREEN)
    customers = streams - screens
    followed = [order.id for order in orders][:customers]
    others = [placed().id for _ in range(customers - len(followed))]
    queries = [board()] * screens + [of_order(each) for each in [*followed, *others]]
    meter, came = Meter(notifier), _Came()
    async with open_streams(notifier.http.base_url.port or 0, queries, came.add):
        warming = [placed() for _ in range(WARM_UP_ORDERS)]
        await _announce(warming, plan.rate, announcer)
        await came.reach(WARM_UP_ORDERS * len(LATER) * screens)
        began, used = time.monotonic(), meter.cpu()
        await asyncio.sleep(plan.idle_seconds)
        idle = (meter.cpu() - used) / (time.monotonic() - began)
        before, start = await meter.read(), time.monotonic()
        written = plan.orders * len(LATER) * screens + len(followed) * EVENTS
        came.count = 0
        await _announce(orders, plan.rate, announcer)
        await came.reach(written)
        spent = (await _settled(meter, before.announcements + EVENTS * plan.orders)).since(before)
        seconds = time.monotonic() - start
    events = EVENTS * plan.orders
    return LiveCost(
        streams=streams,
        screens=screens,
        events=events,
        cpu=(spent.cpu - idle * seconds) / events,
        all_cpu=spent.cpu / events,
        requests=spent.requests / events,
        written=written / events,
        idle=idle,
    )


async def _announce(orders: Sequence[Order], rate: float, announcer: Announcer) -> None:
    """Announce each order's changes, one order after the other begun at the steady rate."""
    start = time.monotonic()
    async with asyncio.TaskGroup() as announcing:
        for place, order in enumerate(orders):
            await asyncio.sleep(start + place / rate - time.monotonic())
            changes = [then(order, *LATER[:count]) for count in range(EVENTS)]
            announcing.create_task(announcer.announce(*changes))


async def _settled(meter: Meter, announcements: float) -> Usage:
    """Wait until the fan-out, in another process, has settled so many announcements, too."""
    async with asyncio.timeout(_ARRIVAL_SECONDS):
        while (usage := await meter.read()).announcements < announcements:  # noqa: ASYNC110
            await asyncio.sleep(_POLL_SECONDS)
    return usage


class _Came:
    """Counts what has come on all streams."""

    def __init__(self) -> None:
        self.count = 0
        self._more = asyncio.Event()

    def add(self, count: int) -> None:
        self.count += count
        self._more.set()

    async def reach(self, count: int) -> None:
        """Wait until so much has come; raises TimeoutError."""
        async with asyncio.timeout(_ARRIVAL_SECONDS):
            while self.count < count:
                self._more.clear()
                await self._more.wait()
