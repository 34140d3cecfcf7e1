"""Order numbers in blocks: never twice, nearly in order, and with few writes."""

from __future__ import annotations

import asyncio
import datetime as dt
import itertools
from dataclasses import dataclass, field

import pytest

from shared.store.dynamodb.numbers import LARGEST_BLOCK, Counter, NumberBlocks, next_size

TODAY: Counter = ("main", dt.date(2026, 11, 20))
TOMORROW: Counter = ("main", dt.date(2026, 11, 21))


@dataclass
class Table:
    """Counters, and a clock that a test sets."""

    counters: dict[Counter, int] = field(default_factory=dict)
    writes: int = 0
    now: float = 0.0

    async def reserve(self, counter: Counter, count: int) -> int:
        await asyncio.sleep(0)
        self.writes += 1
        self.counters[counter] = self.counters.get(counter, 0) + count
        return self.counters[counter]

    def cashier(self) -> NumberBlocks:
        return NumberBlocks(self.reserve, lambda: self.now)

    async def taken(self, cashier: NumberBlocks, orders: int, every: float) -> list[int]:
        """The numbers of so many orders, which come that many seconds apart."""
        numbers = []
        for _ in range(orders):
            self.now += every
            numbers.append(await cashier.take(TODAY))
        return numbers


async def test_one_cashier_counts_without_a_gap_however_fast_or_slow() -> None:
    table = Table()
    cashier = table.cashier()

    numbers = [
        *await table.taken(cashier, 10, every=30),
        *await table.taken(cashier, 500, every=0.1),
        *await table.taken(cashier, 20, every=3),
    ]

    assert numbers == list(range(1, 531))


async def test_a_quiet_shop_takes_its_numbers_one_by_one_and_a_busy_one_a_hundred() -> None:
    quiet, busy = Table(), Table()

    await quiet.taken(quiet.cashier(), 50, every=20)
    await busy.taken(busy.cashier(), 5000, every=0.01)

    assert quiet.writes == 50
    assert busy.writes == pytest.approx(5000 / LARGEST_BLOCK, abs=8)


async def test_cashiers_are_some_seconds_apart() -> None:
    table = Table()
    cashiers = [table.cashier() for _ in range(3)]
    numbers = [
        number
        for _ in range(400)
        for cashier in cashiers
        for number in await table.taken(cashier, 1, every=0.1)
    ]

    assert len(set(numbers)) == len(numbers)
    behind = max(max(numbers[:place]) - numbers[place] for place in range(1, len(numbers)))
    assert behind < 3 * 10 / 0.1, "than all give out in 10 s"


async def test_what_is_left_after_a_minute_is_left_out() -> None:
    table = Table()
    rushed, other = table.cashier(), table.cashier()
    await table.taken(rushed, 40, every=0.1)
    taken = table.counters[TODAY]

    table.now += 61
    assert await rushed.take(TODAY) == taken + 1
    assert await other.take(TODAY) == taken + 2


async def test_of_orders_at_once_each_gets_its_own_number() -> None:
    table = Table()
    cashiers = table.cashier(), table.cashier()

    numbers = await asyncio.gather(
        *(next(turns).take(TODAY) for turns in [itertools.cycle(cashiers)] for _ in range(300))
    )

    assert len(set(numbers)) == 300


async def test_a_number_that_no_order_got_is_the_next_one() -> None:
    cashier = Table().cashier()
    assert [await cashier.take(TODAY) for _ in range(3)] == [1, 2, 3]

    cashier.give_back(TODAY, 2)

    assert await cashier.take(TODAY) == 2


async def test_each_day_has_numbers_of_its_own() -> None:
    cashier = Table().cashier()
    days = (TODAY, TODAY, TOMORROW, TODAY, TOMORROW)

    assert [await cashier.take(day) for day in days] == [1, 2, 1, 3, 2]


async def test_a_write_that_failed_gives_out_no_number() -> None:
    async def fail(*_: object) -> int:
        raise TimeoutError

    with pytest.raises(TimeoutError):
        await NumberBlocks(fail).take(TODAY)


@pytest.mark.parametrize(
    ("size", "lasted", "then"),
    [
        (0, 0, 1),
        (1, 4, 2),
        (64, 1, LARGEST_BLOCK),
        (8, 7, 8),
        (8, 11, 4),
        (1, 50, 1),
        (64, 61, 1),
    ],
)
def test_a_block_lasts_for_some_seconds(size: int, lasted: float, then: int) -> None:
    assert next_size(size, lasted) == then
