"""The line at the bar: as the kitchen lists it, and never more than there are places."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.order import Order, OrderState, TimelineEntry, claim
from tests.support.orders import NOON, an_order
from worker.line import Line, Waiting, next_up
from worker.preparation import LetGoError, MovedOnError

PLACES = 3


def placed(second: int, remake_of: str | None = None) -> Order:
    at = NOON + dt.timedelta(seconds=second)
    timeline = (TimelineEntry(OrderState.PLACED, at),)
    return replace(an_order(), id=f"{second}", timeline=timeline, remake_of=remake_of)


def begun(order: Order) -> Order:
    return claim(order, "ticket", NOON, NOON + dt.timedelta(seconds=30))


class Bar:
    """Orders that come, are made until the test says that they are done, and leave."""

    def __init__(self, line: Line) -> None:
        self.line = line
        self.made: list[Order] = []
        self.done: dict[str, asyncio.Event] = {}

    async def come(self, *orders: Order) -> list[asyncio.Task[None]]:
        tasks = [asyncio.create_task(self._pass(order)) for order in orders]
        await asyncio.sleep(0)
        return tasks

    async def _pass(self, order: Order) -> None:
        self.done[order.id] = asyncio.Event()
        async with self.line.turn(order):
            self.made.append(order)
            await self.done[order.id].wait()

    async def finish(self, order: Order) -> None:
        self.done[order.id].set()
        for _ in range(4):
            await asyncio.sleep(0)


@asynccontextmanager
async def a_bar(*orders: Order, gather_seconds: float = 0.01) -> AsyncIterator[Bar]:
    bar = Bar(Line(PLACES, gather_seconds))
    tasks = await bar.come(*orders)
    await asyncio.sleep(2 * gather_seconds)
    yield bar
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert (bar.line.made, bar.line.waiting) == (set(), set())


@given(st.lists(st.integers(0, 99), max_size=60), st.integers(-3, 70))
def test_the_oldest_are_next(drawn: Sequence[int], free: int) -> None:
    orders = [replace(placed(at), id=f"order-{number}") for number, at in enumerate(drawn)]
    loop = asyncio.new_event_loop()
    try:
        line = [Waiting(order, loop.create_future()) for order in orders]
    finally:
        loop.close()
    found = [each.order for each in next_up(line, free)]
    assert found == sorted(orders, key=lambda order: order.placed_at)[: max(free, 0)]


async def test_no_more_are_made_than_there_are_places_whatever_order_they_come_in() -> None:
    orders = [placed(second) for second in (5, 9, 1, 7, 3, 8)]
    async with a_bar(*orders) as bar:
        assert [order.id for order in bar.made] == ["1", "3", "5"]
        assert (len(bar.line.made), len(bar.line.waiting)) == (3, 3)
        assert bar.line.waiting_since == NOON + dt.timedelta(seconds=7)
        for order, then in zip([*bar.made], ("7", "8", "9"), strict=True):
            await bar.finish(order)
            assert bar.made[-1].id == then
            assert len(bar.line.made) == PLACES
        assert bar.line.waiting_since is None


async def test_an_order_that_was_begun_goes_on_although_all_places_are_taken() -> None:
    async with a_bar(*map(placed, range(5))) as bar:
        (task,) = await bar.come(begun(placed(50)))
        assert bar.made[-1].id == "50"
        await bar.finish(bar.made[0])
        assert len(bar.line.made) == PLACES
        assert len(bar.line.waiting) == 2
        task.cancel()


async def test_one_that_leaves_the_line_takes_no_place_and_keeps_none() -> None:
    async with a_bar(*map(placed, range(3))) as bar:
        leaves, stays = await bar.come(placed(10), placed(20))
        await asyncio.sleep(0.02)
        leaves.cancel()
        await bar.finish(bar.made[0])
        assert bar.made[-1].id == "20"
        assert len(bar.line.made) == PLACES
        stays.cancel()


async def test_an_order_that_moved_on_is_sent_away_and_others_stay() -> None:
    async with a_bar(*map(placed, range(3))) as bar:
        canceled, gone, stays = await bar.come(placed(10), placed(20), placed(30))
        bar.line.see([*bar.line.waiting], {"10": begun(placed(10)), "30": placed(30)})
        await asyncio.sleep(0.02)
        for task in (canceled, gone):
            with pytest.raises(MovedOnError):
                await task
        assert [each.order.id for each in bar.line.waiting] == ["30"]
        stays.cancel()


async def test_a_remake_goes_on_although_all_places_are_taken() -> None:
    async with a_bar(*map(placed, range(4))) as bar:
        (task,) = await bar.come(placed(50, remake_of="first"))
        assert bar.made[-1].id == "50"
        assert len(bar.line.waiting) == 1
        task.cancel()


async def test_all_that_wait_are_let_go_at_once_and_nobody_comes_in_after_that() -> None:
    async with a_bar(*map(placed, range(3))) as bar:
        waits = await bar.come(placed(10))
        bar.line.let_go()
        waits += await bar.come(placed(20), begun(placed(30)))
        await bar.finish(bar.made[0])
        for task in waits:
            with pytest.raises(LetGoError):
                await task
        assert len(bar.made) == PLACES


async def test_where_nobody_gathers_an_order_with_a_free_place_passes_at_once() -> None:
    line = Line(1)
    async with asyncio.timeout(0), line.turn(placed(1)):
        assert len(line.made) == 1
