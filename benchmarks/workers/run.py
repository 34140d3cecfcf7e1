"""Loads shops with more and more baristas, and one barista with more and more that waits."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import aiohttp

from benchmarks.end_to_end.run import Loaded, OpenShop, open_shop
from tests.support.emulator import free_port

SLOTS = 4
"""Orders that a barista makes at once, by default."""

LATTE_SECONDS = 45.0
"""How long what is ordered takes, by the menu of the first start."""

_REQUESTS = re.compile(r"^coffeeshop_aws_requests_total\{.*\} (\S+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Waiting:
    """A load while so many orders wait: CPU by process, and requests to SQS and SNS, an order."""

    loaded: Loaded
    requests: float

    @property
    def cpu_ms(self) -> float:
        """The CPU time of an order in the counter and the barista, in milliseconds."""
        return self.loaded.cpu_ms["counter"] + self.loaded.cpu_ms["barista"]


async def with_baristas(number: int, prep_seconds: float, seconds: float) -> Loaded:
    """Load a shop with so many baristas; each drink takes `prep_seconds`."""
    speed = LATTE_SECONDS / prep_seconds if prep_seconds else 0
    waiting = 4 * SLOTS * number if prep_seconds else 64
    async with open_shop(COFFEE_BARISTAS=str(number), COFFEE_BREW_SPEED=f"{speed:g}") as shop:
        return await shop.load(
            seconds,
            population=waiting,
            warm_up_seconds=2 * prep_seconds + 2,  # the slots are not in step any more
            to_the_end=False,
        )


async def with_backlog(waiting: int, prep_seconds: float, seconds: float) -> Waiting:
    """Load a shop with one barista while so many orders wait."""
    worker_port = free_port()
    async with open_shop(
        COFFEE_BARISTAS="1",
        COFFEE_BREW_SPEED=f"{LATTE_SECONDS / prep_seconds:g}",
        COFFEE_BACKLOG_LIMIT=str(10 * waiting),
        COFFEE_WORKER_PORT=str(worker_port),
        COFFEE_GRACE_SECONDS="1",
    ) as shop:
        counted: list[float] = []

        async def count() -> None:
            counted.append(await _requests(shop, worker_port))

        loaded = await shop.load(seconds, count, population=waiting, to_the_end=False)
    return Waiting(loaded, (counted[1] - counted[0]) / loaded.placed.ready)


async def _requests(shop: OpenShop, worker_port: int) -> float:
    urls = (shop.made.url, f"http://127.0.0.1:{worker_port}")
    headers = {"Authorization": f"Bearer {shop.key}"}
    async with aiohttp.ClientSession(headers=headers) as http:
        total = 0.0
        for url in urls:
            async with http.get(f"{url}/metrics") as response:
                response.raise_for_status()
                total += sum(map(float, _REQUESTS.findall(await response.text())))
        return total


def of_linear(rates: Mapping[int, float]) -> Mapping[int, float]:
    """Return each rate as a part of as many times that of one barista."""
    return {number: rate / (number * rates[1]) for number, rate in rates.items()}
