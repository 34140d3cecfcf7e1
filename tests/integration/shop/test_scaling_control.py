"""Tracking a crew, and the socket by which `coffeeshop scale` reaches it."""

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
from shop.scaling.asking import NoAnswerError, ask
from shop.scaling.autoscaler import ScalingPolicy
from shop.scaling.control import control
from shop.scaling.floors import Floors
from shop.scaling.foresight import Foresight
from shop.scaling.gauge import Gauge, Reading
from shop.scaling.messages import SOCKET, Wish
from shop.scaling.schedule import Schedule, parse_schedule
from shop.scaling.target import BaristaRange, Pace
from shop.scaling.tracking import RefusedError, Tracking
from tests.support.orders import NOON

PACE = Pace(prep_seconds=30, concurrency=4)


@dataclass
class Crew:
    """Baristas that are counted only; those who leave do so when the test lets them."""

    count: int = 1
    dead: int = 0
    leaving: int = 0
    told: list[Mapping[str, int]] = field(default_factory=list)

    @property
    def at_work(self) -> int:
        return self.count - self.dead

    def scale_to(self, count: int, in_hand: Mapping[str, int]) -> None:
        self.leaving += max(0, self.count - count)
        self.count = count
        self.told.append(in_hand)


@dataclass
class Tickets:
    count: int = 0

    async def waiting_and_in_flight(self) -> tuple[int, int]:
        return self.count, 0


@dataclass
class Shop:
    tracking: Tracking
    crew: Crew
    tickets: Tickets

    async def ticks(self, backlog: int, times: int) -> int:
        self.tickets.count = backlog
        for _ in range(times):
            await self.tracking.tick()
        return self.crew.count


@pytest.fixture
async def schedule() -> Schedule:
    return Schedule()


@pytest.fixture
async def shop(tmp_path: Path, schedule: Schedule) -> AsyncIterator[Shop]:
    def clock() -> dt.datetime:
        return NOON

    async with open_sqlite_store(tmp_path / "orders.sqlite3", "main") as store:
        crew, tickets = Crew(), Tickets()
        tracking = Tracking(
            crew,
            Gauge(tickets, store, PACE, clock),
            ScalingPolicy(BaristaRange(1, 4), acceptable_wait=60),
            Floors(schedule, dt.UTC, clock, Foresight(store, dt.UTC, clock), forecast_counts=True),
            clock,
            Reading(None, PACE),
        )
        yield Shop(tracking, crew, tickets)


async def test_the_crew_follows_the_backlog(shop: Shop) -> None:
    assert await shop.ticks(24, 2) == 3
    assert await shop.ticks(0, 15) == 2


async def test_those_who_are_leaving_count_against_the_maximum(shop: Shop) -> None:
    await shop.ticks(100, 2)
    await shop.ticks(0, 15)
    assert (shop.crew.count, shop.crew.leaving) == (3, 1)

    assert await shop.ticks(100, 2) == 3
    shop.crew.leaving = 0
    assert await shop.ticks(100, 1) == 4


async def test_the_status_says_how_many_how_long_and_why(shop: Shop) -> None:
    await shop.ticks(24, 2)
    status = shop.tracking.obey(Wish())

    assert (status.working, status.desired, status.least, status.most) == (3, 3, 1, 4)
    assert (status.backlog, status.wait, status.prep_seconds) == (24, 60, 30)
    assert (status.schedule_floor, status.forecast_floor) == (None, 0)
    assert status.last_change is not None
    assert (status.last_change.before, status.last_change.after) == (1, 3)
    assert status.last_change.why == "a backlog of 24 is work for 3"


async def test_the_dead_are_not_at_work_and_change_nothing_else(shop: Shop) -> None:
    await shop.ticks(24, 2)
    before = shop.tracking.obey(Wish())
    shop.crew.dead = 2

    await shop.ticks(24, 1)
    status = shop.tracking.obey(Wish())

    assert (status.working, status.desired, status.wait) == (1, 3, 180)
    assert status.last_change == before.last_change


async def test_what_is_set_holds_at_once_and_scaling_goes_on_from_there(shop: Shop) -> None:
    assert shop.tracking.obey(Wish(desired=4)).working == 4
    assert await shop.ticks(0, 15) == 3
    assert shop.tracking.obey(Wish(least=2, most=2)).desired == 2
    assert await shop.ticks(400, 5) == 2


@pytest.mark.parametrize(
    ("wish", "why"),
    [
        (Wish(least=5), "The minimum would be 5, above the maximum of 4."),
        (Wish(most=0), "The minimum would be 1, above the maximum of 0."),
        (Wish(desired=5), "5 is not between 1 and 4."),
        (Wish(desired=0), "0 is not between 1 and 4."),
        (Wish(least=3, desired=2), "2 is not between 3 and 4."),
    ],
)
async def test_what_makes_no_sense_is_refused_and_changes_nothing(
    shop: Shop, wish: Wish, why: str
) -> None:
    before = shop.tracking.obey(Wish())

    with pytest.raises(RefusedError) as refused:
        shop.tracking.obey(wish)

    assert str(refused.value) == why
    assert shop.tracking.obey(Wish()) == before


@pytest.mark.parametrize("schedule", [parse_schedule("11:30=3,13:00=1")])
async def test_the_schedule_is_a_floor_for_people_too(shop: Shop) -> None:
    assert await shop.ticks(0, 1) == 3
    with pytest.raises(RefusedError, match=r"2 is not between 3 and 4\."):
        shop.tracking.obey(Wish(desired=2))


async def test_the_socket_answers_its_owner_and_nobody_else(shop: Shop, tmp_path: Path) -> None:
    async with control(tmp_path / SOCKET, shop.tracking.obey):
        assert stat.S_IMODE((tmp_path / SOCKET).stat().st_mode) == 0o600
        assert (await ask(tmp_path, Wish(desired=2))).working == 2
        with pytest.raises(NoAnswerError, match=r"9 is not between 1 and 4\."):
            await ask(tmp_path, Wish(desired=9))
    assert not (tmp_path / SOCKET).exists()


@pytest.mark.parametrize(
    "line", [b"nonsense\n", b'{"most": -1}\n', b'{"all": 1}\n', b"x" * 10_000 + b"\n", b""]
)
async def test_nonsense_on_the_socket_changes_nothing(
    shop: Shop, tmp_path: Path, line: bytes
) -> None:
    async with control(tmp_path / SOCKET, shop.tracking.obey):
        reader, writer = await asyncio.open_unix_connection(tmp_path / SOCKET)
        writer.write(line)
        writer.write_eof()
        answer = await reader.readline()
        assert b'"status":null' in answer or not answer
        writer.close()
        assert (await ask(tmp_path, Wish())).most == 4


async def test_where_no_shop_is_open_it_is_said(tmp_path: Path) -> None:
    with pytest.raises(NoAnswerError, match=r"No shop is open in .*coffeeshop run"):
        await ask(tmp_path, Wish())


async def test_a_socket_that_a_killed_shop_left_behind_is_no_shop_and_no_obstacle(
    shop: Shop, tmp_path: Path
) -> None:
    async with control(tmp_path / SOCKET, shop.tracking.obey):
        os.link(tmp_path / SOCKET, tmp_path / "left")
    (tmp_path / "left").rename(tmp_path / SOCKET)
    with pytest.raises(NoAnswerError, match="No shop is open"):
        await ask(tmp_path, Wish())

    async with control(tmp_path / SOCKET, shop.tracking.obey):
        assert (await ask(tmp_path, Wish())).most == 4


async def test_a_folder_with_too_long_a_path_has_no_socket_and_the_shop_goes_on(
    shop: Shop, tmp_path: Path
) -> None:
    deep = tmp_path / ("x" * 100) / SOCKET
    deep.parent.mkdir()
    went_on = False
    async with control(deep, shop.tracking.obey):
        went_on = True

    assert went_on
    with pytest.raises(NoAnswerError, match="cannot be asked"):
        await ask(deep.parent, Wish())
