"""What the reader finds in the heartbeats, and the forecast of an order store with a past."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from shared.aws.clients import AwsUnavailableError
from shared.domain.order import OrderState, TimelineEntry
from shared.domain.shop import WorkerHeartbeat
from shared.store.contract import StoreUnavailableError
from shared.store.sqlite.store import SqliteStore, open_sqlite_store
from shop.scaling.floors import ForecastCache
from shop.scaling.metrics_reader import READ_SECONDS, MetricsReader
from shop.scaling.target import Throughput
from tests.support.orders import NOON, an_order

MENU_THROUGHPUT = Throughput(prep_seconds=9, concurrency=4)
HOUR, DAY = dt.timedelta(hours=1), dt.timedelta(days=1)


class Tickets:
    """A queue whose length the test says; none is unavailable."""

    def __init__(self) -> None:
        self.count: int | None = 7

    async def waiting_and_in_flight(self) -> tuple[int, int]:
        if self.count is None:
            raise AwsUnavailableError("SQS is unavailable")
        return self.count, 0


class Clock:
    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> dt.datetime:
        return self.now


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqliteStore]:
    async with open_sqlite_store(tmp_path / "orders.sqlite3", "main") as opened:
        yield opened


async def placed(store: SqliteStore, at: dt.datetime, times: int = 1) -> None:
    for _ in range(times):
        order = replace(an_order(), timeline=(TimelineEntry(OrderState.PLACED, at),))
        await store.place(order, at.date())


async def test_the_throughput_is_the_menus_until_baristas_have_measured_enough_orders(
    store: SqliteStore,
) -> None:
    reader = MetricsReader(Tickets(), store, MENU_THROUGHPUT, Clock())

    assert (await reader.read()).throughput == MENU_THROUGHPUT
    await store.record_heartbeat(WorkerHeartbeat("ada", 4, NOON + HOUR, prepared=4, prep_seconds=3))
    assert (await reader.read()).throughput == MENU_THROUGHPUT
    await store.record_heartbeat(
        WorkerHeartbeat("grace", 4, NOON + HOUR, prepared=4, prep_seconds=5)
    )
    assert (await reader.read()).throughput == Throughput(4, 4)


async def test_what_was_measured_holds_when_the_workers_that_measured_it_are_gone(
    store: SqliteStore,
) -> None:
    clock = Clock()
    reader = MetricsReader(Tickets(), store, MENU_THROUGHPUT, clock)
    await store.record_heartbeat(WorkerHeartbeat("ada", 4, NOON + HOUR, prepared=5, prep_seconds=3))
    await reader.read()

    clock.now += HOUR

    assert (await reader.read()).throughput == Throughput(3, 4)


async def test_the_backlog_is_not_known_while_the_queue_is_out_of_reach(
    store: SqliteStore,
) -> None:
    tickets = Tickets()
    reader = MetricsReader(tickets, store, MENU_THROUGHPUT, Clock())

    assert (await reader.read()).backlog == 7
    tickets.count = None
    assert (await reader.read()).backlog is None


async def test_the_heartbeats_say_how_many_orders_each_worker_has_in_hand(
    store: SqliteStore,
) -> None:
    await store.record_heartbeat(WorkerHeartbeat("ada", 4, NOON + HOUR, in_hand=3))
    await store.record_heartbeat(WorkerHeartbeat("grace", 4, NOON + HOUR))
    await store.record_heartbeat(WorkerHeartbeat("gone", 4, NOON - HOUR, in_hand=4))

    metrics = await MetricsReader(Tickets(), store, MENU_THROUGHPUT, Clock()).read()

    assert metrics.in_hand == {"ada": 3, "grace": 0}


async def test_the_same_hour_of_past_days_is_forecast_and_counted_once_an_hour(
    store: SqliteStore,
) -> None:
    clock, throughput = Clock(), Throughput(prep_seconds=3600, concurrency=1)
    forecasts = ForecastCache(store, dt.UTC, clock)
    for days, times in ((1, 3), (2, 5)):
        await placed(store, NOON - days * DAY + HOUR / 2, times)
    await placed(store, NOON - DAY + 1.5 * HOUR, 9)
    await placed(store, NOON - 8 * DAY, 50)

    assert await forecasts.floor(throughput) == 4
    await placed(store, NOON - DAY, 50)
    assert await forecasts.floor(throughput) == 4
    clock.now += dt.timedelta(minutes=50)
    assert await forecasts.floor(throughput) == 9


class Counts:
    """Order counts of past hours, which the store returns only as long as the test says."""

    def __init__(self, an_hour: int) -> None:
        self.an_hour: int | None = an_hour
        self.silent = False

    async def count_placed(self, *_: dt.datetime) -> int:
        if self.silent:
            await asyncio.Event().wait()
        if self.an_hour is None:
            raise StoreUnavailableError("the order store is unavailable")
        return self.an_hour


ONE_AN_HOUR = Throughput(prep_seconds=3600, concurrency=1)


async def test_what_is_known_of_this_hour_holds_while_the_next_cannot_be_counted() -> None:
    clock, counts = Clock(), Counts(3)
    forecasts = ForecastCache(counts, dt.UTC, clock)
    assert await forecasts.floor(ONE_AN_HOUR) == 3

    counts.an_hour = None
    clock.now += dt.timedelta(minutes=50)
    assert await forecasts.floor(ONE_AN_HOUR) == 3
    clock.now += dt.timedelta(minutes=10)
    assert await forecasts.floor(ONE_AN_HOUR) == 3
    counts.an_hour = 7
    assert await forecasts.floor(ONE_AN_HOUR) == 7


async def test_a_store_that_does_not_answer_delays_a_tick_no_longer_than_the_queue() -> None:
    clock, counts = Clock(), Counts(3)
    forecasts = ForecastCache(counts, dt.UTC, clock)
    counts.silent = True

    async with asyncio.timeout(READ_SECONDS + 1):
        assert await forecasts.floor(ONE_AN_HOUR) is None
