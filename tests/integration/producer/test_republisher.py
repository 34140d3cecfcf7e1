"""After an unclean stop, recent changes are announced again, under the same ids."""

from __future__ import annotations

import asyncio
import datetime as dt

import pytest

from producer.reconciling.republisher import Republisher
from producer.reconciling.unclean_stops import LOOKBACK, UncleanStops
from shared.aws.clients import AwsUnavailableError
from shared.domain.order import Order, OrderState
from tests.support.back_room import MINUTE, SECOND, BackRoom, changes
from tests.support.waiting import until

PLACED, PREPARING, READY = OrderState.PLACED, OrderState.PREPARING, OrderState.READY


@pytest.fixture
def republisher(room: BackRoom) -> Republisher:
    return Republisher(room.store, room, lifetime=60 * MINUTE, per_second=10_000)


def stops(
    room: BackRoom, republisher: Republisher, name: str = "north", return_seconds: float = 0
) -> UncleanStops:
    return UncleanStops(
        name,
        store=room.store,
        dispatcher=room.dispatcher,
        republisher=republisher,
        clock=room.clock,
        return_seconds=return_seconds,
    )


async def a_round(stops: UncleanStops) -> None:
    await stops.record_heartbeat()
    await stops.republish()


async def test_every_change_since_is_announced_again_an_orders_own_in_order(
    room: BackRoom, republisher: Republisher
) -> None:
    old = await room.stored()
    quiet = await room.stored()
    room.ahead = 10 * MINUTE
    since = room.clock()
    await room.moved(old, PREPARING, READY)
    new = await room.moved(await room.stored(), OrderState.CANCELED)

    assert [count async for count in republisher.republish(since, room.clock() + SECOND)]

    announced = room.announced
    assert [change for change in announced if change[0] == old.id] == [
        (old.id, PREPARING, 2),
        (old.id, READY, 3),
    ]
    assert [change for change in announced if change[0] == new.id] == [
        (new.id, PLACED, 1),
        (new.id, OrderState.CANCELED, 2),
    ]
    assert quiet.id not in {order_id for order_id, _, _ in announced}


async def test_an_open_order_is_found_however_long_ago_it_was_placed(
    room: BackRoom, republisher: Republisher
) -> None:
    placed = await room.stored()
    closed = await room.stored()
    room.ahead = dt.timedelta(days=2)
    await asyncio.gather(*(room.stored() for _ in range(120)))
    since = room.clock()
    await room.moved(placed, PREPARING)
    await room.moved(closed, OrderState.CANCELED)

    assert [count async for count in republisher.republish(since, room.clock() + SECOND)]

    assert room.announced.count((placed.id, PREPARING, 2)) == 1
    assert closed.id not in {order_id for order_id, _, _ in room.announced}


async def test_a_cashier_that_stopped_uncleanly_republishes_after_its_restart(
    room: BackRoom, republisher: Republisher
) -> None:
    first = stops(room, republisher)
    await a_round(first)
    await room.stored()
    room.ahead = LOOKBACK
    shortly_before = await room.stored()
    room.ahead = LOOKBACK + 30 * SECOND
    await a_round(first)
    last = await room.stored()

    room.ahead += 10 * MINUTE
    again = stops(room, republisher)
    await a_round(again)
    await a_round(again)

    assert sorted(room.announced) == sorted(changes([shortly_before, last]))
    (heartbeat,) = await room.store.cashier_heartbeats()
    assert room.clock() - heartbeat.at < MINUTE


async def test_a_cashier_that_stopped_cleanly_republishes_nothing(
    room: BackRoom, republisher: Republisher
) -> None:
    first = stops(room, republisher)
    await a_round(first)
    await room.stored()
    await first.remove_heartbeat()
    assert await room.store.cashier_heartbeats() == []

    await a_round(stops(room, republisher))
    assert room.announced == []


async def test_another_cashier_republishes_for_one_without_heartbeats(
    room: BackRoom, republisher: Republisher
) -> None:
    await a_round(stops(room, republisher, "south"))
    north = stops(room, republisher, "north")
    order = await room.stored()
    room.ahead = 50 * SECOND
    await a_round(north)
    assert room.announced == []

    room.ahead = 61 * SECOND
    await a_round(north)
    assert room.announced == [(order.id, PLACED, 1)]
    assert [heartbeat.cashier for heartbeat in await room.store.cashier_heartbeats()] == ["north"]


async def test_the_predecessors_heartbeat_stays_until_its_changes_are_republished(
    room: BackRoom, republisher: Republisher
) -> None:
    await a_round(stops(room, republisher))
    (before,) = await room.store.cashier_heartbeats()
    order = await room.stored()
    room.topic_fails = True
    again = stops(room, republisher)
    with pytest.raises(AwsUnavailableError):
        await a_round(again)
    await again.remove_heartbeat()
    (left,) = await room.store.cashier_heartbeats()
    assert left.unannounced_since == before.at

    room.topic_fails = False
    await a_round(again)
    assert room.announced == [(order.id, PLACED, 1)]


async def test_a_cashier_that_leaves_a_change_unannounced_does_not_stop_cleanly(
    room: BackRoom, republisher: Republisher
) -> None:
    order = await room.moved(await room.stored(), OrderState.CANCELED)
    first = stops(room, republisher)
    await a_round(first)
    room.topic_fails = True
    await room.dispatcher.announce(order)
    room.ahead = 30 * MINUTE
    await a_round(first)
    await first.remove_heartbeat()
    (heartbeat,) = await room.store.cashier_heartbeats()
    assert heartbeat.unannounced_since == order.since

    room.topic_fails = False
    await a_round(stops(room, republisher))
    assert (order.id, OrderState.CANCELED, 2) in room.announced


async def test_after_the_topics_were_lost_the_last_minute_is_republished_once(
    room: BackRoom, republisher: Republisher
) -> None:
    await room.stored()
    room.ahead = 2 * MINUTE
    order = await room.stored()
    cashier = stops(room, republisher)
    cashier.topics_lost()
    await a_round(cashier)
    await a_round(cashier)
    assert room.announced == [(order.id, PLACED, 1)]


async def test_subscribers_are_given_time_to_come_back(
    room: BackRoom, republisher: Republisher
) -> None:
    await a_round(stops(room, republisher))
    order = await room.stored()
    again = stops(room, republisher, return_seconds=0.5)
    await a_round(again)
    assert room.announced == []

    await asyncio.sleep(0.5)
    await a_round(again)
    assert room.announced == [(order.id, PLACED, 1)]


async def test_of_four_survivors_one_republishes_for_a_cashier_that_is_gone(
    room: BackRoom, republisher: Republisher
) -> None:
    await a_round(stops(room, republisher, "dead"))
    orders = [await room.stored() for _ in range(30)]
    survivors = [stops(room, republisher, name) for name in ("a", "b", "c", "d")]
    room.ahead = 61 * SECOND
    for survivor in survivors:
        await survivor.record_heartbeat()
    await asyncio.gather(*(survivor.republish() for survivor in survivors))
    await asyncio.gather(*(survivor.republish() for survivor in survivors))

    assert sorted(room.announced) == sorted(changes(orders))
    left = {heartbeat.cashier for heartbeat in await room.store.cashier_heartbeats()}
    assert left == {"a", "b", "c", "d"}


async def test_more_than_5000_announcements_are_all_republished_the_oldest_first(
    room: BackRoom, republisher: Republisher
) -> None:
    await a_round(stops(room, republisher, "dead"))
    orders: list[Order] = []
    for _ in range(18):
        orders += await asyncio.gather(*(room.stored() for _ in range(300)))
    room.ahead = 61 * SECOND
    await a_round(stops(room, republisher, "survivor"))

    assert sorted(room.announced) == sorted(changes(orders))
    first_hundred = {order.id for order in sorted(orders, key=lambda one: one.placed_at)[:100]}
    assert len(first_hundred & {order_id for order_id, _, _ in room.announced[:200]}) == 100


async def test_what_a_survivor_began_to_republish_another_finishes_when_it_is_gone_too(
    room: BackRoom, republisher: Republisher
) -> None:
    await a_round(stops(room, republisher, "dead"))
    order = await room.stored()
    room.ahead = 61 * SECOND
    first = stops(room, republisher, "first")
    await first.record_heartbeat()
    room.topic_hangs = True
    republishing = asyncio.create_task(first.republish())
    await until(lambda: taken_over(room), 10)
    republishing.cancel()
    await asyncio.gather(republishing, return_exceptions=True)

    room.topic_hangs = False
    second = stops(room, republisher, "second")
    await a_round(second)
    assert room.announced == []
    room.ahead += 61 * SECOND
    await a_round(second)
    assert (order.id, PLACED, 1) in room.announced


async def taken_over(room: BackRoom) -> bool:
    beats = await room.store.cashier_heartbeats()
    return any(one.cashier == "dead" and one.unannounced_since for one in beats)


async def test_announcements_are_republished_at_the_rate_that_is_set(room: BackRoom) -> None:
    orders = [await room.stored() for _ in range(40)]
    slow = Republisher(room.store, room, lifetime=MINUTE, per_second=40)
    began = asyncio.get_running_loop().time()
    since = orders[0].placed_at
    assert sum([count async for count in slow.republish(since, since + MINUTE)]) == 40
    assert asyncio.get_running_loop().time() - began >= 1
