"""A real run: orders placed at a shop with all its processes, sampled tick by tick."""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from benchmarks.scaling.simulation import Point, Setup
from shared.runtime.lifecycle import background_task
from shop.client.connection import connect
from shop.scaling.control_client import ask
from shop.scaling.control_messages import ScaleRequest
from tests.support.shop import RunningShop, open_shop

ITEM, SIZE, PREP_SECONDS = "hot-chocolate", "large", 50
"""Each order is one of this item, which takes so many seconds at natural speed."""


@dataclass(frozen=True, slots=True)
class RealRun:
    """A run of a real shop, in which every order takes the same time."""

    setup: Setup
    prep_seconds: float
    arrivals: Sequence[float]
    seconds: float

    async def watch(self) -> Sequence[Point]:
        """Open a shop, order, and return what `coffeeshop scale` shows, tick by tick."""
        with tempfile.TemporaryDirectory(prefix="scaling-") as folder:
            async with open_shop(Path(folder, "var"), None, **self.environment) as shop:
                return await self.watch_in(shop)

    async def watch_in(self, shop: RunningShop) -> Sequence[Point]:
        """Do the same in a shop that was just opened with this run's environment."""
        points: list[Point] = []
        began = time.monotonic()
        async with background_task(self._sample(shop, began, points), "sample"):
            await self._order(shop, began)
            await asyncio.sleep(began + self.seconds - time.monotonic())
        return points

    @property
    def environment(self) -> dict[str, str]:
        """The environment variables of the shop."""
        policy = self.setup.policy
        return {
            "COFFEE_BREW_SPEED": str(PREP_SECONDS / self.prep_seconds),
            "COFFEE_BARISTAS": f"{policy.range.least}..{policy.range.most}",
            "COFFEE_WORKER_CONCURRENCY": str(self.setup.concurrency),
            "COFFEE_ACCEPTABLE_WAIT": str(policy.acceptable_wait),
            "COFFEE_SCALING_TICK": str(self.setup.tick),
            "COFFEE_LOG_LEVEL": "WARNING",
        }

    async def _sample(self, shop: RunningShop, began: float, points: list[Point]) -> None:
        while True:
            status = await ask(shop.folder, ScaleRequest())
            at = time.monotonic() - began
            points.append(Point(at, status.backlog, status.wait, status.working))
            await asyncio.sleep(self.setup.tick)

    async def _order(self, shop: RunningShop, began: float) -> None:
        async with connect(shop.url, shop.staff_key, 32) as http, asyncio.TaskGroup() as placing:
            for due in self.arrivals:
                await asyncio.sleep(max(0.0, began + due - time.monotonic()))
                placing.create_task(_place(http))


async def _place(http: aiohttp.ClientSession) -> None:
    line = {"item": ITEM, "size": SIZE, "modifiers": [], "quantity": 1}
    body = {"customer_name": "Ada", "items": [line]}
    async with http.post("orders", json=body) as response:
        response.raise_for_status()
