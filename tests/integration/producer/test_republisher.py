"""After an unclean stop, recent changes are announced again, under the same ids."""

from __future__ import annotations

import asyncio
import datetime as dt

import pytest

from producer.reconciling.republisher import Republisher
from producer.reconciling.unclean_stops import LOOKBACK, UncleanStops
from shared.aws.clients import AwsUnavailableError
from shared.domain.order import OrderState
from tests.support.back_room import MINUTE, SECOND, BackRoom, changes

PLACED, PREPARING, READY = OrderState.PLACED, OrderState.PREPARING, OrderState.READY


@pytest.fixture
def republisher(room: BackRoom) -> Republisher:
    return Republisher(room.store, room, lifetime=60 * MINUTE)


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


async def test_every_change_since_is_announced_again_an_orders_own_in_order(
    room: BackRoom, republisher: Republisher
) -> None:
    old = await room.stored()
    quiet = await room.stored()
    room.ahead = 10 * MINUTE
    since = room.clock()
    await room.moved(old, PREPARING, READY)
    new = await room.moved(await room.stored(), OrderState.CANCELED)

    await republisher.republish_since(since)

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

    await republisher.republish_since(since)

    assert room.announced.count((placed.id, PREPARING, 2)) == 1
    assert closed.id not in {order_id for order_id, _, _ in room.announced}


async def test_a_cashier_that_stopped_uncleanly_republishes_after_its_restart(
    room: BackRoom, republisher: Republisher
) -> None:
    first = stops(room, republisher)
    await first.check()
    await room.stored()
    room.ahead = LOOKBACK
    shortly_before = await room.stored()
    room.ahead = LOOKBACK + 30 * SECOND
    await first.check()
    last = await room.stored()

    room.ahead += 10 * MINUTE
    again = stops(room, republisher)
    await again.check()
    await again.check()

    assert sorted(room.announced) == sorted(changes([shortly_before, last]))
    (heartbeat,) = await room.store.cashier_heartbeats()
    assert room.clock() - heartbeat.at < MINUTE


async def test_a_cashier_that_stopped_cleanly_republishes_nothing(
    room: BackRoom, republisher: Republisher
) -> None:
    first = stops(room, republisher)
    await first.check()
    await room.stored()
    await first.remove_heartbeat()
    assert await room.store.cashier_heartbeats() == []

    await stops(room, republisher).check()
    assert room.announced == []


async def test_another_cashier_republishes_for_one_without_heartbeats(
    room: BackRoom, republisher: Republisher
) -> None:
    await stops(room, republisher, "south").check()
    north = stops(room, republisher, "north")
    order = await room.stored()
    room.ahead = 50 * SECOND
    await north.check()
    assert room.announced == []

    room.ahead = 61 * SECOND
    await north.check()
    assert room.announced == [(order.id, PLACED, 1)]
    assert [heartbeat.cashier for heartbeat in await room.store.cashier_heartbeats()] == ["north"]


async def test_the_predecessors_heartbeat_stays_until_its_changes_are_republished(
    room: BackRoom, republisher: Republisher
) -> None:
    await stops(room, republisher).check()
    (before,) = await room.store.cashier_heartbeats()
    order = await room.stored()
    room.topic_fails = True
    again = stops(room, republisher)
    with pytest.raises(AwsUnavailableError):
        await again.check()
    await again.remove_heartbeat()
    assert await room.store.cashier_heartbeats() == [before]

    room.topic_fails = False
    await again.check()
    assert room.announced == [(order.id, PLACED, 1)]


async def test_a_cashier_that_leaves_a_change_unannounced_does_not_stop_cleanly(
    room: BackRoom, republisher: Republisher
) -> None:
    order = await room.moved(await room.stored(), OrderState.CANCELED)
    first = stops(room, republisher)
    await first.check()
    room.topic_fails = True
    await room.dispatcher.announce(order)
    room.ahead = 30 * MINUTE
    await first.check()
    await first.remove_heartbeat()
    (heartbeat,) = await room.store.cashier_heartbeats()
    assert heartbeat.unannounced_since == order.since

    room.topic_fails = False
    await stops(room, republisher).check()
    assert (order.id, OrderState.CANCELED, 2) in room.announced


async def test_after_the_topics_were_lost_the_last_minute_is_republished_once(
    room: BackRoom, republisher: Republisher
) -> None:
    await room.stored()
    room.ahead = 2 * MINUTE
    order = await room.stored()
    cashier = stops(room, republisher)
    cashier.topics_lost()
    await cashier.check()
    await cashier.check()
    assert room.announced == [(order.id, PLACED, 1)]


async def test_subscribers_are_given_time_to_come_back(
    room: BackRoom, republisher: Republisher
) -> None:
    await stops(room, republisher).check()
    order = await room.stored()
    again = stops(room, republisher, return_seconds=0.5)
    await again.check()
    assert room.announced == []

    await asyncio.sleep(0.5)
    await again.check()
    assert room.announced == [(order.id, PLACED, 1)]
