"""A shop that people work in, while its baristas and its counter are killed."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from shared.domain.order import OPEN_STATES, Order, OrderState
from tests.chaos.driver import ChaosShop, open_chaos_shop
from tests.chaos.run import LONG, Run
from tests.support.waiting import until
from tests.support.web import AS_STAFF
from worker.settings import PEOPLES_TICKETS

pytestmark = pytest.mark.timeout(900 if LONG else 240)

KILL_SECONDS = 5
ENDED_WITHIN = 600 if LONG else 120
ENDS = {
    "complete": OrderState.READY,
    "release": OrderState.PLACED,
    "cancel": OrderState.CANCELED,
    "collect": OrderState.COLLECTED,
}
PEOPLE = {"COFFEE_BARISTA_HAND": "people", "COFFEE_RECONCILE_SECONDS": "1"}

Tap = Mapping[str, Any]


@contextlib.asynccontextmanager
async def staff_at_work(shop: ChaosShop, folder: Path, seeds: Iterable[int]) -> AsyncIterator[None]:
    """Let staff work during the block, each in a process; their taps are left in `folder`."""
    command = (sys.executable, "-m", "tests.chaos.bar_staff", str(shop.http._base_url))  # noqa: SLF001
    async with contextlib.AsyncExitStack() as stack:
        processes = []
        for seed in seeds:
            taps = stack.enter_context((folder / f"staff-{seed}.taps").open("wb"))
            processes.append(await asyncio.create_subprocess_exec(*command, str(seed), stdout=taps))
        try:
            yield
        finally:
            for process in processes:
                process.terminate()
            await asyncio.gather(*(process.wait() for process in processes))


def taps_in(folder: Path) -> dict[str, list[Tap]]:
    """Read the taps of all staff, by order."""
    by_order: dict[str, list[Tap]] = defaultdict(list)
    for file in folder.glob("*.taps"):
        for line in file.read_text().splitlines():
            tap = json.loads(line)
            by_order[tap["order"]].append(tap)
    return by_order


async def kill_as_people_work(shop: ChaosShop, stop: asyncio.Event) -> None:
    """Kill a barista every five seconds, and the counter with the first and the third."""
    for count in range(1, 1000):
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(KILL_SECONDS):
                await stop.wait()
        if stop.is_set():
            return
        await shop.pool.kill_one()
        if count in {1, 3}:
            await shop.counter.kill()
            await shop.open_counter()


def assert_ends_as_the_last_answered_tap_says(order: Order, taps: Sequence[Tap]) -> None:
    """Every answered tap is in the history; what comes after the last was tapped unanswered."""
    answered = [tap for tap in taps if tap["status"] == 200 and tap["deed"] in ENDS]
    by_staff = {version: entry.state for version, entry in enumerate(order.timeline, 1) if entry.by}
    told = {tap["version"]: ENDS[tap["deed"]] for tap in answered}
    assert len(told) == len(answered), taps
    assert told.items() <= by_staff.items(), (order, taps)
    unanswered = [
        ENDS[tap["deed"]] for tap in taps if tap["status"] in {0, 503} and tap["deed"] in ENDS
    ]
    for version in by_staff.keys() - told.keys():
        by_remake = order.remade_as is not None and by_staff[version] is OrderState.COLLECTED
        if not by_remake and (order.remake_of is None or version > 1):
            unanswered.remove(by_staff[version])
    assert order.timeline[-1].by == "owner"


async def test_no_tap_is_lost_when_baristas_and_the_counter_are_killed_under_two_staff(
    ministack: str, tmp_path: Path, run: Run
) -> None:
    orders = run.size(50, 500)
    async with open_chaos_shop(ministack, tmp_path, run.seed, baristas=2, **PEOPLE) as shop:

        async def all_ended() -> bool:
            return not await shop.store.open_orders(OPEN_STATES, 1)

        stop = asyncio.Event()
        async with staff_at_work(shop, tmp_path, (run.seed, run.seed + 1)):
            killing = asyncio.create_task(kill_as_people_work(shop, stop))
            await shop.customers.place_all(orders, 2)
            await until(all_ended, ENDED_WITHIN)
            stop.set()
            await killing
        evidence = await run.judged(shop, "kill -9 of baristas and counter, people at work")
        assert len(shop.counters) == 3
    taps = taps_in(tmp_path)
    for order in evidence.orders:
        assert_ends_as_the_last_answered_tap_says(order, taps[order.id])
    every = [tap for of_one in taps.values() for tap in of_one]
    remade = {tap["id"] for tap in every if tap["deed"] == "remake" and tap["status"] == 201}
    assert remade <= {order.id for order in evidence.orders if order.remake_of}
    assert {tap["deed"] for tap in every if tap["status"] in {200, 201}} == {*ENDS, "remake"}
    too_late = {tap["status"] for tap in every if tap["deed"] == "complete too late"}
    assert 409 in too_late <= {409, 503, 0}
    assert evidence.dead_letters == []


async def test_a_worker_that_is_stopped_gives_the_order_to_another_at_once(
    ministack: str, tmp_path: Path, run: Run
) -> None:
    slow = {"COFFEE_VISIBILITY_TIMEOUT": "60"}
    async with open_chaos_shop(ministack, tmp_path, run.seed, baristas=2, **PEOPLE, **slow) as shop:
        order = await shop.customers.place_one()
        await shop.reaches(order["id"], OrderState.PREPARING)
        (holder,) = [
            one for one in shop.pool.baristas if shop.witness.seen.in_hand(one.name, one.since)
        ]
        assert await holder.process.terminate() == 0
        taken = await shop.reaches(order["id"], OrderState.PREPARING, 5, attempt=2)
        assert taken.claim is not None
        async with shop.http.post(
            f"/orders/{order['id']}/complete", json={"attempt": 1}, headers=AS_STAFF
        ) as older:
            assert older.status == 409
        async with shop.http.post(
            f"/orders/{order['id']}/complete", json={"attempt": 2}, headers=AS_STAFF
        ) as newest:
            assert newest.status == 200
        await run.judged(shop, "SIGTERM of a barista with a people's order in hand", 0)


async def test_in_a_rush_those_in_line_are_placed_may_cancel_and_outlive_their_workers(
    ministack: str, tmp_path: Path, run: Run
) -> None:
    orders, baristas, at_once = run.size(60, 300), 2, 4
    async with open_chaos_shop(ministack, tmp_path, run.seed, baristas=baristas, **PEOPLE) as shop:

        async def both_hold_all_they_may() -> bool:
            _, in_flight = await shop.queue.waiting_and_in_flight()
            return in_flight >= min(orders, baristas * PEOPLES_TICKETS)

        async def all_ended() -> bool:
            return not await shop.store.open_orders(OPEN_STATES, 1)

        await shop.customers.place_all(orders, 30)
        await until(both_hold_all_they_may, 30)
        begun = await shop.store.open_orders({OrderState.PREPARING}, orders)
        assert 0 < len(begun) <= baristas * at_once
        for _ in range(run.size(4, 20)):
            line = await shop.store.open_orders({OrderState.PLACED}, orders, oldest_first=True)
            async with shop.http.post(f"/orders/{line[len(line) // 2].id}/cancel") as canceled:
                assert canceled.status == 200
            await shop.pool.kill_one()
            await asyncio.sleep(1)
        async with staff_at_work(shop, tmp_path, range(run.seed, run.seed + 4)):
            await until(all_ended, ENDED_WITHIN)
        evidence = await run.judged(shop, "kill -9 of baristas in a rush, customers cancel in line")
    assert evidence.dead_letters == []
    by_customers = [order for order in evidence.orders if order.timeline[-1].by is None]
    assert {order.state for order in by_customers} == {OrderState.CANCELED}
    assert len(by_customers) == run.size(4, 20)
