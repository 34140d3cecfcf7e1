"""What an issue with very many subscribers takes, and how long others wait meanwhile."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.notifier.deliveries import settled
from benchmarks.notifier.subscribers import Webhooks, subscribe
from benchmarks.notifier.usage import Meter
from shared.runtime.lifecycle import background_task
from tests.support.notifier import Announcer, NotifierProcess
from tests.support.subscribers import publish

CROWDED, QUIET = "coffee-trivia", "new-products"
CROWD, ALONE = "crowd", "alone"
_ALONE_BEFORE = 5
_SAMPLE_SECONDS = 0.1
_BETWEEN_SECONDS = 0.5
_LONGEST_SECONDS = 600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class FanOutCost:
    """An issue's fan-out: seconds until all is settled, seconds of CPU, bytes of memory it added.

    `alone` is the median wait of another topic's only subscriber before, in seconds, and `waits`
    are its waits while the fan-out lasted.
    """

    subscribers: int
    seconds: float
    cpu: float
    memory: int
    alone: float
    waits: Sequence[float]


async def measure_fan_out(
    subscribers: int, announcer: Announcer, notifier: NotifierProcess, served: Webhooks
) -> FanOutCost:
    """Publish one issue to the crowd, and others to a single subscriber until all has come."""
    await subscribe(announcer.store, served, CROWDED, CROWD, subscribers)
    await subscribe(announcer.store, served, QUIET, ALONE, 1)
    single = _Single(notifier, served)
    before = [await single.wait() for _ in range(_ALONE_BEFORE)]
    memory, meter = _Memory(Meter(notifier)), Meter(notifier)
    used = await meter.read()
    began = time.monotonic()
    async with background_task(memory.watch(), "memory"):
        await publish(notifier, CROWDED)
        came, waits = await asyncio.gather(
            served.come(CROWD, subscribers, _LONGEST_SECONDS), single.waits(subscribers)
        )
    await settled(meter, used.jobs + subscribers, _LONGEST_SECONDS)
    return FanOutCost(
        subscribers=subscribers,
        seconds=came - began,
        cpu=meter.cpu() - used.cpu,
        memory=memory.most - memory.before,
        alone=statistics.median(before),
        waits=waits,
    )


class _Single:
    """Publishes to the topic that has a single subscriber, and measures when it has the issue."""

    def __init__(self, notifier: NotifierProcess, served: Webhooks) -> None:
        self._notifier = notifier
        self._served = served
        self._published = 0

    async def wait(self) -> float:
        """Publish an issue; return after how many seconds it came."""
        self._published += 1
        began = time.monotonic()
        await publish(self._notifier, QUIET)
        return await self._served.come(ALONE, self._published, _LONGEST_SECONDS) - began

    async def waits(self, crowd: int) -> Sequence[float]:
        """Do so again and again until the crowd, of so many, has its issue."""
        waits = [await self.wait()]
        while (await self._served.arrived()).counts.get(CROWD, 0) < crowd:
            await asyncio.sleep(_BETWEEN_SECONDS)
            waits.append(await self.wait())
        return waits


class _Memory:
    """The memory of a notifier: at first, and at most."""

    def __init__(self, meter: Meter) -> None:
        self._meter = meter
        self.before = self.most = meter.memory()

    async def watch(self) -> None:
        """Take samples, for ever."""
        while True:
            self.most = max(self.most, self._meter.memory())
            await asyncio.sleep(_SAMPLE_SECONDS)
