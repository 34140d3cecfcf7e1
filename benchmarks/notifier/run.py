"""Measures the three costs of one notifier, which is a process of its own."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass

from benchmarks.notifier.chart import draw
from benchmarks.notifier.deliveries import measure_deliveries
from benchmarks.notifier.fan_out import measure_fan_out
from benchmarks.notifier.live import LivePlan, measure_live
from benchmarks.notifier.report import CHART, section
from benchmarks.notifier.subscribers import webhooks
from benchmarks.section import Section
from tests.support.emulator import CREDENTIAL_VARIABLES, running_ministack
from tests.support.notifier import (
    Announcer,
    NotifierProcess,
    announcing,
    notifier_process,
    settings_for,
)

_MOST_STREAMS = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How much to measure: numbers of streams and orders, of subscribers and their issues."""

    streams: Sequence[int]
    live: LivePlan
    subscribers: int
    issues: int
    crowd: int


LONG = Plan(
    streams=(1, 100, 1000),
    live=LivePlan(rate=50, orders=1000, idle_seconds=10),
    subscribers=100,
    issues=40,
    crowd=20_000,
)
SHORT = Plan(
    streams=(1, 1000),
    live=LivePlan(rate=50, orders=100, idle_seconds=2),
    subscribers=50,
    issues=8,
    crowd=500,
)


async def measure(short: bool, on_progress: Callable[[str], None]) -> Section:  # noqa: FBT001 - as every benchmark is called
    """Measure as planned, one after the other."""
    os.environ.update(CREDENTIAL_VARIABLES)
    plan = SHORT if short else LONG
    with running_ministack() as endpoint:
        async with _notifier(endpoint) as (announcer, notifier), webhooks() as served:
            live = []
            for streams in plan.streams:
                on_progress(f"live events with {streams:,} streams")
                live.append(await measure_live(plan.live, streams, announcer, notifier))
            on_progress("deliveries")
            delivery = await measure_deliveries(
                plan.subscribers, plan.issues, announcer, notifier, served
            )
            on_progress(f"an issue to {plan.crowd:,} subscribers")
            fan_out = await measure_fan_out(plan.crowd, announcer, notifier, served)
    if not short:
        draw(live, CHART)
    return section(live, delivery, fan_out, plan.live.rate)


@contextlib.asynccontextmanager
async def _notifier(endpoint: str) -> AsyncIterator[tuple[Announcer, NotifierProcess]]:
    """Run a notifier with the settings of a shop, and announce to it; its log goes nowhere."""
    settings = settings_for(
        endpoint,
        allow_loopback_webhooks=True,
        max_streams=_MOST_STREAMS,
        max_streams_per_client=_MOST_STREAMS,
    )
    async with (
        announcing(settings) as announcer,
        notifier_process(settings, log=asyncio.subprocess.DEVNULL) as notifier,
    ):
        yield announcer, notifier
