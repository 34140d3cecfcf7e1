"""Opens a shop, loads it, watches its processes, and closes it."""

from __future__ import annotations

import asyncio
import math
import secrets
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.soak.footprint import Footprint, Footprints
from benchmarks.soak.level import LoadTime
from benchmarks.soak.visitors import Visitors
from shared.runtime.lifecycle import background_task
from shop.load.generator import Load, run_load
from shop.load.report import Report, Step
from tests.support.shop import open_shop

BARISTAS = 2
VISITORS = 8
AT_ONCE = 64
SEED = 1
WARM_UP_ORDERS = 11_000
"""More than any bounded collection of the shop holds."""

LIFE_SECONDS = 30
"""An order that is never collected is over in the course of a soak, not hours later."""

QUIET_SECONDS = 20.0
"""Longer than an unused connection is kept open."""

READY_SECONDS = 120.0
"""How long after the last order is placed all of them have to be ready."""


@dataclass(frozen=True, slots=True)
class Soaked:
    """The result: the footprints, the times of the load, its rate and report, and the visits."""

    footprints: Sequence[Footprint]
    load: LoadTime
    rate: float
    report: Report
    visits: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Soak:
    """How long to load a shop, in minutes, and with how many orders in a second.

    Without a `rate` it is half of the rate that the shop sustained during the warm-up.
    """

    minutes: float
    rate: float | None

    async def run(
        self, on_phase: Callable[[str, int], None], on_step: Callable[[Step], None]
    ) -> Soaked:
        """Run it; `on_phase` gets each phase and its number of orders, `on_step` every step."""
        key = secrets.token_urlsafe()
        with tempfile.TemporaryDirectory(prefix="soak-") as folder:
            async with open_shop(
                Path(folder, "var"),
                COFFEE_STAFF_KEY=key,
                COFFEE_BREW_SPEED="0",
                COFFEE_BARISTAS=str(BARISTAS),
                COFFEE_EXPIRE_AFTER_SECONDS=str(LIFE_SECONDS),
                COFFEE_RECONCILE_SECONDS="1",
            ) as shop:
                footprints = Footprints(shop.process.pid)
                async with background_task(footprints.watch(), "watch"):
                    on_phase("warm-up", WARM_UP_ORDERS)
                    sustained = await _sustained(shop.url, key, on_step)
                    rate = self.rate or max(1.0, sustained / 2)
                    await asyncio.sleep(QUIET_SECONDS)
                    orders = math.ceil(self.minutes * 60 * rate)
                    on_phase(f"{rate:.0f} orders/s", orders)
                    begin, visitors = footprints.now, Visitors(shop.url)
                    async with visitors.present(VISITORS):
                        report = await run_load(self._load(orders, rate), shop.url, key, on_step)
                    end = footprints.now
                    on_phase("quiet", 0)
                    await asyncio.sleep(QUIET_SECONDS)
                    load = LoadTime(begin, end, footprints.now)
        return Soaked(footprints.all, load, rate, report, visitors.visits)

    def _load(self, orders: int, rate: float) -> Load:
        return Load(orders, rate, SEED, AT_ONCE, self.minutes * 60 + READY_SECONDS)


async def _sustained(url: str, key: str, on_step: Callable[[Step], None]) -> float:
    """Return the orders per second that become ready when all come as fast as possible."""
    start = time.monotonic()
    everything = Load(WARM_UP_ORDERS, 1000, SEED, AT_ONCE, 5 * READY_SECONDS)
    report = await run_load(everything, url, key, on_step)
    return report.ready / (time.monotonic() - start)
