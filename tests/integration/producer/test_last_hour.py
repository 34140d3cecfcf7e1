"""The last hour, read from a real store: whoever looks late sees as much as who looked on."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

import producer.reports.last_hour as module
from producer.reports.last_hour import FRESH_SECONDS, LastHour
from shared.domain.order import Order, OrderState, TimelineEntry, advance
from shared.runtime.settings import ServiceSettings
from shared.store.contract import Store
from shared.store.factory import open_store
from tests.support.orders import NOON, an_order

MINUTE = dt.timedelta(minutes=1)
HOUR = 60 * MINUTE
MOVES = {
    OrderState.PLACED: [OrderState.PREPARING, OrderState.FAILED, OrderState.CANCELED],
    OrderState.PREPARING: [OrderState.READY, OrderState.READY, OrderState.PLACED],
    OrderState.READY: [OrderState.COLLECTED],
    OrderState.FAILED: [OrderState.PLACED],
}


@dataclass
class Day:
    """A shop's store on a day whose clock the test sets."""

    store: Store
    now: dt.datetime = NOON

    async def place(self) -> Order:
        order = replace(an_order(), timeline=(TimelineEntry(OrderState.PLACED, self.now),))
        return (await self.store.place(order, self.now.date())).order

    async def move(self, order: Order, state: OrderState) -> Order:
        after = advance(order, state, self.now)
        await self.store.replace(order, after)
        return after

    def last_hour(self) -> LastHour:
        hour = LastHour(self.store, lambda: self.now)
        hour._cache.monotonic = lambda: self.now.timestamp() * (1 + FRESH_SECONDS)  # noqa: SLF001
        return hour


async def test_who_looks_late_sees_what_who_looked_all_the_time_sees(tmp_path: Path) -> None:
    draw = random.Random(4)
    async with open_store(ServiceSettings(state_dir=tmp_path), None, lambda: NOON) as store:
        day = Day(store)
        following, orders = day.last_hour(), list[Order]()
        for _ in range(150):
            day.now += MINUTE * draw.uniform(0.05, 1.5)
            orders.append(await day.place())
            for position, order in enumerate(orders):
                if draw.random() < 0.2 and (moves := MOVES.get(order.state)):
                    orders[position] = await day.move(order, draw.choice(moves))
            late = await day.last_hour().report()
            assert (await following.report()).minutes == late.minutes
        seen = await following.report()
        assert sum(minute.ready for minute in seen.minutes) > 10
        assert sum(minute.failed for minute in seen.minutes) > 3
        assert seen.is_whole


async def test_orders_that_are_over_are_not_read_again(tmp_path: Path) -> None:
    async with open_store(ServiceSettings(state_dir=tmp_path), None, lambda: NOON) as store:
        day = Day(store)
        hour = day.last_hour()
        done = await day.move(
            await day.move(await day.place(), OrderState.PREPARING), OrderState.READY
        )
        waiting = await day.place()
        await hour.report()
        assert hour._open == {waiting.id}  # noqa: SLF001 - what is read again
        day.now += MINUTE
        assert len((await hour.report()).orders) == len({done.id, waiting.id})


async def test_of_too_many_orders_the_oldest_are_left_out_and_that_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_ORDERS", 3)
    async with open_store(ServiceSettings(state_dir=tmp_path), None, lambda: NOON) as store:
        day = Day(store)
        for _ in range(5):
            day.now += MINUTE
            await day.place()
        hour = day.last_hour()
        report = await hour.report()
        assert not report.is_whole
        assert [minute.placed for minute in report.minutes[-5:]] == [0, 0, 1, 1, 1]
        day.now += MINUTE
        assert not (await hour.report()).is_whole
        assert len(hour._open) == 3  # noqa: SLF001 - what is read again
        day.now += 2 * HOUR - 4 * MINUTE  # the last one that was left out is over
        assert not (await hour.report()).is_whole
        day.now += 2 * MINUTE
        assert (await hour.report()).is_whole


async def test_of_many_orders_no_more_are_held_than_are_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_ORDERS", 3)
    monkeypatch.setattr(module, "_PAGE", 2)
    held = list[int]()
    async with open_store(ServiceSettings(state_dir=tmp_path), None, lambda: NOON) as store:
        day = Day(store)
        for _ in range(9):
            await day.place()
        hour = day.last_hour()
        note = hour._note  # noqa: SLF001

        def count(orders: Iterable[Order]) -> None:
            note(orders)
            held.append(len(hour._known))  # noqa: SLF001

        monkeypatch.setattr(LastHour, "_note", lambda _, orders: count(orders))
        assert len((await hour.report()).orders) == 3
    assert max(held) <= 3 + 2
