"""The scaling loop, and the socket by which `coffeeshop scale` reaches it."""

from __future__ import annotations

import asyncio
import datetime as dt
import os
import stat
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from shared.store.sqlite.store import open_sqlite_store
from shop.scaling.autoscaler import ScalingPolicy
from shop.scaling.control_client import NoAnswerError, RequestRefusedError, ask
from shop.scaling.control_messages import SOCKET, ScaleRequest
from shop.scaling.control_server import control_socket
from shop.scaling.floors import Floors, ForecastCache
from shop.scaling.loop import RefusedError, ScalingLoop
from shop.scaling.metrics_reader import MetricsReader
from shop.scaling.schedule import Schedule, parse_schedule
from shop.scaling.target import BaristaRange, Throughput
from tests.support.orders import NOON

THROUGHPUT = Throughput(prep_seconds=30, concurrency=4)


@dataclass
class Pool:
    """Workers that are only counted; those that drain leave when the test says so."""

    count: int = 1
    dead: int = 0
    draining: int = 0
    resized: list[Mapping[str, int]] = field(default_factory=list)

    @property
    def alive(self) -> int:
        return self.count - self.dead

    def scale_to(self, count: int, in_hand: Mapping[str, int]) -> None:
        self.draining += max(0, self.count - count)
        self.count = count
        self.resized.append(in_hand)


@dataclass
class Tickets:
    count: int = 0

    async def waiting_and_in_flight(self) -> tuple[int, int]:
        return self.count, 0


@dataclass
class Shop:
    loop: ScalingLoop
    pool: Pool
    tickets: Tickets

    async def ticks(self, backlog: int, times: int) -> int:
        self.tickets.count = backlog
        for _ in range(times):
            await self.loop.tick()
        return self.pool.count


@pytest.fixture
async def schedule() -> Schedule:
    return Schedule()


@pytest.fixture
async def shop(tmp_path: Path, schedule: Schedule) -> AsyncIterator[Shop]:
    def clock() -> dt.datetime:
        return NOON

    async with open_sqlite_store(tmp_path / "orders.sqlite3", "main") as store:
        pool, tickets = Pool(), Tickets()
        loop = ScalingLoop(
            pool=pool,
            reader=MetricsReader(tickets, store, THROUGHPUT, clock),
            policy=ScalingPolicy(BaristaRange(1, 4), acceptable_wait=60),
            floors=Floors(
                schedule=schedule,
                timezone=dt.UTC,
                clock=clock,
                forecasts=ForecastCache(store, dt.UTC, clock),
                forecast_counts=True,
            ),
            clock=clock,
            throughput=THROUGHPUT,
        )
        yield Shop(loop, pool, tickets)


async def test_the_pool_follows_the_backlog(shop: Shop) -> None:
    assert await shop.ticks(24, 2) == 3
    assert await shop.ticks(0, 15) == 2


async def test_those_who_are_leaving_count_against_the_maximum(shop: Shop) -> None:
    await shop.ticks(100, 2)
    await shop.ticks(0, 15)
    assert (shop.pool.count, shop.pool.draining) == (3, 1)

    assert await shop.ticks(100, 2) == 3
    shop.pool.draining = 0
    assert await shop.ticks(100, 1) == 4


async def test_the_status_says_how_many_how_long_and_why(shop: Shop) -> None:
    await shop.ticks(24, 2)
    status = shop.loop.handle(ScaleRequest())

    assert (status.working, status.desired, status.least, status.most) == (3, 3, 1, 4)
    assert (status.backlog, status.wait, status.prep_seconds) == (24, 60, 30)
    assert (status.schedule_floor, status.forecast_floor) == (None, 0)
    assert status.last_change is not None
    assert (status.last_change.before, status.last_change.after) == (1, 3)
    assert status.last_change.why == "a backlog of 24 is work for 3"


async def test_dead_workers_are_not_counted_as_working_and_change_nothing_else(shop: Shop) -> None:
    await shop.ticks(24, 2)
    before = shop.loop.handle(ScaleRequest())
    shop.pool.dead = 2

    await shop.ticks(24, 1)
    status = shop.loop.handle(ScaleRequest())

    assert (status.working, status.desired, status.wait) == (1, 3, 180)
    assert status.last_change == before.last_change


async def test_what_is_set_holds_at_once_and_scaling_goes_on_from_there(shop: Shop) -> None:
    assert shop.loop.handle(ScaleRequest(desired=4)).working == 4
    assert await shop.ticks(0, 15) == 3
    assert shop.loop.handle(ScaleRequest(least=2, most=2)).desired == 2
    assert await shop.ticks(400, 5) == 2


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        (ScaleRequest(least=5), "The minimum would be 5, above the maximum of 4."),
        (ScaleRequest(most=0), "The minimum would be 1, above the maximum of 0."),
        (ScaleRequest(desired=5), "5 is not between 1 and 4."),
        (ScaleRequest(desired=0), "0 is not between 1 and 4."),
        (ScaleRequest(least=3, desired=2), "2 is not between 3 and 4."),
    ],
)
async def test_what_makes_no_sense_is_refused_and_changes_nothing(
    shop: Shop, asked: ScaleRequest, why: str
) -> None:
    before = shop.loop.handle(ScaleRequest())

    with pytest.raises(RefusedError) as refused:
        shop.loop.handle(asked)

    assert str(refused.value) == why
    assert shop.loop.handle(ScaleRequest()) == before


@pytest.mark.parametrize("schedule", [parse_schedule("11:30=3,13:00=1")])
async def test_the_schedule_is_a_floor_for_people_too(shop: Shop) -> None:
    assert await shop.ticks(0, 1) == 3
    with pytest.raises(RefusedError, match=r"2 is not between 3 and 4\."):
        shop.loop.handle(ScaleRequest(desired=2))


async def test_the_socket_answers_its_owner_and_nobody_else(shop: Shop, tmp_path: Path) -> None:
    async with control_socket(tmp_path / SOCKET, shop.loop.handle):
        assert stat.S_IMODE((tmp_path / SOCKET).stat().st_mode) == 0o600
        assert (await ask(tmp_path, ScaleRequest(desired=2))).working == 2
        with pytest.raises(RequestRefusedError, match=r"9 is not between 1 and 4\."):
            await ask(tmp_path, ScaleRequest(desired=9))
    assert not (tmp_path / SOCKET).exists()


@pytest.mark.parametrize(
    "line", [b"nonsense\n", b'{"most": -1}\n', b'{"all": 1}\n', b"x" * 10_000 + b"\n", b""]
)
async def test_nonsense_on_the_socket_changes_nothing(
    shop: Shop, tmp_path: Path, line: bytes
) -> None:
    async with control_socket(tmp_path / SOCKET, shop.loop.handle):
        reader, writer = await asyncio.open_unix_connection(tmp_path / SOCKET)
        writer.write(line)
        writer.write_eof()
        answer = await reader.readline()
        assert b'"status":null' in answer or not answer
        writer.close()
        assert (await ask(tmp_path, ScaleRequest())).most == 4


async def test_where_no_shop_is_open_the_answer_says_so(tmp_path: Path) -> None:
    with pytest.raises(NoAnswerError, match=r"No shop is open in .*coffeeshop run"):
        await ask(tmp_path, ScaleRequest())


async def test_a_socket_that_a_killed_shop_left_behind_is_no_shop_and_no_obstacle(
    shop: Shop, tmp_path: Path
) -> None:
    async with control_socket(tmp_path / SOCKET, shop.loop.handle):
        os.link(tmp_path / SOCKET, tmp_path / "left")
    (tmp_path / "left").rename(tmp_path / SOCKET)
    with pytest.raises(NoAnswerError, match="No shop is open"):
        await ask(tmp_path, ScaleRequest())

    async with control_socket(tmp_path / SOCKET, shop.loop.handle):
        assert (await ask(tmp_path, ScaleRequest())).most == 4


async def test_a_folder_with_too_long_a_path_has_no_socket_and_the_shop_goes_on(
    shop: Shop, tmp_path: Path
) -> None:
    deep = tmp_path / ("x" * 100) / SOCKET
    deep.parent.mkdir()
    went_on = False
    async with control_socket(deep, shop.loop.handle):
        went_on = True

    assert went_on
    with pytest.raises(NoAnswerError, match="cannot be asked"):
        await ask(deep.parent, ScaleRequest())
