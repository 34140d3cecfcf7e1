"""Opens an emulator and a notifier, publishes steadily, and measures each event's delays."""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import psutil

from benchmarks.streams.checks import Round
from benchmarks.streams.readers import Streams
from benchmarks.streams.times import Spread, Times, numbered_issue, spread
from shared.runtime.lifecycle import background_task
from tests.support.emulator import CREDENTIAL_VARIABLES, running_ministack
from tests.support.notifier import (
    Announcer,
    NotifierProcess,
    announcing,
    notifier_process,
    settings_for,
)

FEW = 100
WARM_UP_SECONDS = 3.0
ARRIVAL_SECONDS = 10.0
"""How long after the last publication everything has to have arrived."""

DROP_SECONDS = 30.0
LEAVE_SECONDS = 10.0
SAMPLE_SECONDS = 0.2
_DROPPED = "coffeeshop_live_dropped_total"
_STREAMS = "coffeeshop_live_streams"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How many streams, how many of them stalled, events per second, and for how long."""

    streams: int
    stalled: int
    rate: float
    seconds: float
    rounds: int


@dataclass(frozen=True, slots=True)
class Measured:
    """The rounds, and the memory of a notifier without streams, in bytes."""

    rounds: list[Round]
    memory_empty: int


async def measure(plan: Plan, on_progress: Callable[[str], None]) -> Measured:
    """Measure as planned; `on_progress` gets each round's name."""
    os.environ.update(CREDENTIAL_VARIABLES)
    with running_ministack() as endpoint:
        settings = settings_for(
            endpoint,
            log_level="ERROR",
            max_streams=plan.streams,
            max_streams_per_client=plan.streams,
        )
        async with announcing(settings) as announcer, notifier_process(settings) as notifier:
            return await _Measurement(plan, announcer, notifier).measure(on_progress)


class _Measurement:
    """A notifier, and its streams."""

    def __init__(self, plan: Plan, announcer: Announcer, notifier: NotifierProcess) -> None:
        self._plan = plan
        self._announcer = announcer
        self._notifier = notifier
        self._process = psutil.Process(notifier.process.pid)
        self._times = Times()
        self._streams = Streams(notifier.http.base_url.port or 0, self._times.received)
        self._memory: list[int] = []

    async def measure(self, on_progress: Callable[[str], None]) -> Measured:
        """Measure round after round."""
        empty = self._process.memory_info().rss
        rounds = []
        async with background_task(self._watch(), "memory"):
            for number in range(1, self._plan.rounds + 1):
                on_progress(f"round {number} of {self._plan.rounds}")
                rounds.append(await self._round())
        return Measured(rounds, empty)

    async def _round(self) -> Round:
        """Measure with few streams, and then with more of which some are stalled."""
        plan, dropped_before = self._plan, await self._count(_DROPPED)
        async with self._streams.readers(FEW):
            few, missed_by_few, _ = await self._deliver(FEW)
            memory_few = max(self._memory)
            self._memory.clear()
            reading = plan.streams - plan.stalled
            async with (
                self._streams.stalled(plan.stalled),
                self._streams.readers(reading - FEW),
            ):
                everyone, missed, busy = await self._deliver(reading)
                dropped = await self._dropped(dropped_before)
        await self._until(self._nobody_is_left, LEAVE_SECONDS)
        return Round(
            few=few,
            all=everyone,
            missed=missed_by_few + missed,
            stalled=plan.stalled,
            dropped=dropped,
            memory_few=memory_few,
            memory_all=max(self._memory),
            busy=busy,
        )

    async def _deliver(self, readers: int) -> tuple[Spread, int, float]:
        """Publish for a while; give the delays, how much was missed, and how busy we were."""
        await self._publish(WARM_UP_SECONDS, readers)
        self._times.take()
        began, used = time.monotonic(), time.process_time()
        events = await self._publish(self._plan.seconds, readers)
        busy = (time.process_time() - used) / (time.monotonic() - began)
        delays = self._times.take()
        return spread(delays), events * readers - len(delays), busy

    async def _publish(self, seconds: float, readers: int) -> int:
        """Publish at the steady rate, whatever becomes of it; return once all have arrived."""
        count = round(seconds * self._plan.rate)
        before, start = self._times.count, time.monotonic()
        async with asyncio.TaskGroup() as publishing:
            for step in range(count):
                await asyncio.sleep(start + step / self._plan.rate - time.monotonic())
                issue = numbered_issue(self._times.publish())
                publishing.create_task(self._announcer.publish(issue))

        async def arrived() -> bool:
            return self._times.count - before >= count * readers

        await self._until(arrived, ARRIVAL_SECONDS)
        return count

    async def _dropped(self, before: int) -> int:
        """Wait until as many streams are dropped as are stalled; give how many were."""

        async def all_of_them() -> bool:
            return await self._count(_DROPPED) - before >= self._plan.stalled

        await self._until(all_of_them, DROP_SECONDS)
        return await self._count(_DROPPED) - before

    async def _nobody_is_left(self) -> bool:
        return await self._count(_STREAMS) == 0

    @staticmethod
    async def _until(happened: Callable[[], Awaitable[bool]], seconds: float) -> None:
        """Wait for something up to `seconds`: the figures show what did not happen."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while not await happened():  # noqa: ASYNC110 - it happens in another process
                    await asyncio.sleep(0.1)

    async def _count(self, metric: str) -> int:
        """Add up one of the notifier's metrics."""
        lines = (await self._notifier.http.get("/metrics")).text.splitlines()
        found = (line.rpartition(" ")[2] for line in lines if line.startswith(metric))
        return round(sum(map(float, found)))

    async def _watch(self) -> None:
        """Note the notifier's memory, for ever."""
        while True:
            self._memory.append(self._process.memory_info().rss)
            await asyncio.sleep(SAMPLE_SECONDS)
