"""Serves waves of orders, and returns the bill of exactly these orders."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.dollars.lockstep import APART, Lockstep
from benchmarks.dollars.meter import Bill, Meter
from benchmarks.dollars.shop import open_shop, settings_of
from shared.aws.prices import Prices
from shop.scaling.charges import CHANGES, Part
from tests.support.cashier import ServedCashier
from tests.support.waiting import eventually

ORDER = {
    "customer_name": "Ada",
    "items": [
        {"item": "latte", "size": "large", "modifiers": ["oat-milk"], "quantity": 2},
        {"item": "hot-chocolate", "size": "large", "modifiers": [], "quantity": 1},
    ],
}
"""Two lines, placed with an idempotency key."""

_SECONDS = 120
_SETTLED_SECONDS = 20
_READY_SECONDS = 20


@dataclass(frozen=True, slots=True)
class Scenario:
    """So many waves of `fill` orders, with a live queue for each of so many `notifiers`."""

    fill: int
    notifiers: int
    waves: int

    def __str__(self) -> str:
        return f"f = {self.fill}, N = {self.notifiers}"

    @property
    def orders(self) -> int:
        """How many orders there are."""
        return self.fill * self.waves


@dataclass(frozen=True, slots=True)
class Metered:
    """The bill of a scenario, which took so many `seconds`."""

    scenario: Scenario
    seconds: float
    bill: Bill

    @property
    def per_second(self) -> float:
        """How many orders came a second."""
        return self.scenario.orders / self.seconds

    def units(self, part: Part) -> str:
        """Write the units that an order takes of a part."""
        units = [
            f"{count / self.scenario.orders:.3g} {service}"
            for (bought, service), count in self.bill.units.items()
            if bought is part
        ]
        return ", ".join(units)

    def dollars(self, prices: Prices) -> Mapping[Part, float]:
        """Return dollars for a million orders, by what they buy."""
        spent = self.bill.dollars(prices)
        return {part: dollars / self.scenario.orders for part, dollars in spent.items()}


async def serve(scenario: Scenario, emulator: str, folder: Path) -> Metered:
    """Open a shop on an emulator, have customers order, and wait until all is received.

    A wave that is not metered comes first: a process that has just started learns.
    """
    settings = settings_of(emulator, folder)
    meter = Meter(settings.name_prefix)
    async with (
        asyncio.timeout(_SECONDS),
        open_shop(settings, scenario.notifiers, Lockstep(meter, scenario.fill)) as shop,
    ):
        await _serve(shop, meter, replace(scenario, waves=1))
        before, began = meter.bill.so_far(), time.monotonic()
        await _serve(shop, meter, scenario)
        return Metered(scenario, time.monotonic() - began, meter.bill.since(before))


async def _serve(shop: ServedCashier, meter: Meter, scenario: Scenario) -> None:
    before = meter.bill.so_far()
    for _ in range(scenario.waves):
        await _wave(shop, meter, scenario.fill)
    await eventually(lambda: _settled(meter.bill.since(before), scenario), _SETTLED_SECONDS)


async def _wave(shop: ServedCashier, meter: Meter, orders: int) -> None:
    """Place orders at the same time, and collect all once they are ready."""
    placed = await asyncio.gather(
        *(shop.place(ORDER, secrets.token_hex(16)) for _ in range(orders))
    )
    ids = [answer.body["id"] for answer in placed]
    await eventually(lambda: meter.ready >= set(ids), _READY_SECONDS)
    await asyncio.sleep(APART)
    await asyncio.gather(*(shop.staff("POST", f"/orders/{one}/collect") for one in ids))
    await asyncio.sleep(APART)


def _settled(bill: Bill, scenario: Scenario) -> bool:
    deleted = {
        Part.TICKET: scenario.orders,
        Part.FAN_OUT: CHANGES * scenario.orders,
        Part.LIVE: CHANGES * scenario.orders * scenario.notifiers,
    }
    return all(bill.entries[part, "DeleteMessageBatch"] >= count for part, count in deleted.items())
