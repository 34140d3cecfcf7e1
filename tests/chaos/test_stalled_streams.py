"""Many live streams, some of which are not read."""

from __future__ import annotations

import asyncio
from collections import Counter

import psutil
import pytest

from benchmarks.streams.readers import Streams
from benchmarks.streams.times import numbered_issue
from shared.runtime.lifecycle import background_task
from tests.chaos.bad_clients import Memory
from tests.chaos.report import Row
from tests.chaos.run import LONG, Run
from tests.support.notifier import (
    Announcer,
    NotifierProcess,
    announcing,
    notifier_process,
    settings_for,
)
from tests.support.waiting import until

pytestmark = pytest.mark.timeout(300 if LONG else 120)

STALLED_SECONDS = 2
DROPPED_WITHIN = 60
RECEIVED_WITHIN = 20
MOST_MEMORY_EACH = 2**17
MOST_MEMORY = 30 * 2**20
"""Bytes for what all streams share, the ring above all."""


async def test_streams_that_nobody_reads_are_dropped_and_the_others_miss_nothing(
    ministack: str, run: Run
) -> None:
    streams, stalled, rate = run.size(200, 1000), run.size(20, 100), run.size(20, 8)
    settings = settings_for(
        ministack,
        log_level="ERROR",
        max_streams=streams,
        max_streams_per_client=streams,
        stalled_seconds=STALLED_SECONDS,
    )
    received: Counter[int] = Counter()
    async with announcing(settings) as announcer, notifier_process(settings) as notifier:
        opened = Streams(notifier.http.base_url.port or 0, lambda number: received.update([number]))
        memory = Memory(psutil.Process(notifier.process.pid))
        empty = memory.process.memory_info().rss
        async with (
            background_task(memory.watch(), "memory"),
            opened.readers(streams - stalled) as readers,
            opened.stalled(stalled),
        ):
            issues = await publish_until_dropped(announcer, notifier, rate, stalled)

            async def all_received() -> bool:
                return received.total() >= issues * len(readers)

            await until(all_received, RECEIVED_WITHIN)
            run.note(Row(fault="live streams that nobody reads", seed=run.seed, orders=issues))
            assert received == dict.fromkeys(range(issues), len(readers))
            assert all(reader.is_open for reader in readers)
            assert await dropped(notifier) == stalled
            assert memory.most - empty < MOST_MEMORY + streams * MOST_MEMORY_EACH


async def publish_until_dropped(
    announcer: Announcer, notifier: NotifierProcess, rate: float, stalled: int
) -> int:
    """Publish until all stalled streams are dropped; return how many issues that took."""
    async with asyncio.timeout(DROPPED_WITHIN):
        published = 0
        while await dropped(notifier) < stalled:
            await announcer.send_out(numbered_issue(published))
            published += 1
            await asyncio.sleep(1 / rate)
        return published


async def dropped(notifier: NotifierProcess) -> int:
    """Count the streams that were dropped."""
    lines = (await notifier.http.get("/metrics")).text.splitlines()
    found = (line for line in lines if line.startswith("coffeeshop_live_dropped_total"))
    return sum(int(float(line.rpartition(" ")[2])) for line in found)
