"""Orders get a fresh ticket when theirs is gone, and only then. Real store, real queue."""

from __future__ import annotations

import asyncio
import datetime as dt

import pytest

from producer.reconciling.fresh_tickets import MOST_AT_ONCE, FreshTickets
from producer.reconciling.open_orders import OpenOrders
from shared.aws.clients import AwsUnavailableError
from shared.domain.order import OrderState
from shared.domain.shop import WorkerHeartbeat
from tests.support.back_room import MARGINS, MINUTE, SECOND, BackRoom, changes

PREPARING, READY = OrderState.PREPARING, OrderState.READY
SETTLED = MARGINS.settling + SECOND


class FreshTicketsForAll:
    """Requeues lost tickets among all open orders."""

    def __init__(self, room: BackRoom) -> None:
        self._open_orders = OpenOrders(room.store)
        self._room = room
        self.requeuer = FreshTickets(
            store=room.store,
            monitor=room.monitor,
            dispatcher=room.dispatcher,
            clock=room.clock,
            margins=MARGINS,
        )

    async def give(self) -> None:
        horizon = await self.requeuer.horizon()
        scan = await self._open_orders.scan(self._room.clock() - dt.timedelta(days=1))
        if horizon is not None:
            await self.requeuer.requeue(scan.waiting, horizon)


@pytest.fixture
def fresh_tickets(room: BackRoom) -> FreshTicketsForAll:
    return FreshTicketsForAll(room)


async def barista_at(room: BackRoom, head: dt.datetime) -> None:
    await room.store.record_heartbeat(WorkerHeartbeat("ada", 4, room.clock() + MINUTE, head))


async def test_orders_whose_queue_was_purged_each_get_one_ticket_and_are_announced_again(
    room: BackRoom, fresh_tickets: FreshTicketsForAll
) -> None:
    orders = [await room.placed() for _ in range(3)]
    await room.queue.purge()
    room.announced.clear()
    room.ahead = SETTLED
    await room.sample_the_queue()

    for _ in range(3):
        await fresh_tickets.give()

    assert sorted(room.announced) == sorted(changes(orders))
    assert sorted(await room.take_tickets()) == sorted(order.id for order in orders)


async def test_an_order_of_a_cashier_killed_before_it_queued_the_ticket_gets_one(
    room: BackRoom, fresh_tickets: FreshTicketsForAll
) -> None:
    order = await room.stored()
    await room.sample_the_queue()
    await fresh_tickets.give()
    assert await room.take_tickets() == []

    room.ahead = SETTLED
    await room.sample_the_queue()
    await fresh_tickets.give()
    assert await room.take_tickets() == [order.id]


async def test_a_long_queue_without_workers_gets_no_extra_tickets(
    room: BackRoom, fresh_tickets: FreshTicketsForAll
) -> None:
    await asyncio.gather(*(room.placed() for _ in range(500)))
    for _ in range(3):
        room.ahead += dt.timedelta(hours=1)
        await room.sample_the_queue()
        await fresh_tickets.give()

    assert len(await room.take_tickets()) == 500


async def test_an_order_that_the_baristas_have_passed_by_gets_a_ticket_and_no_other_does(
    room: BackRoom, fresh_tickets: FreshTicketsForAll
) -> None:
    passed_by = await room.stored()
    room.ahead = 10 * MINUTE
    waiting = await room.placed()
    await barista_at(room, waiting.since)
    await room.sample_the_queue()

    await fresh_tickets.give()
    await fresh_tickets.give()

    assert await room.take_tickets() == [waiting.id, passed_by.id]


async def test_an_order_just_behind_the_newest_received_may_only_be_out_of_order(
    room: BackRoom, fresh_tickets: FreshTicketsForAll
) -> None:
    order = await room.stored()
    room.ahead = MARGINS.disorder + MINUTE
    await room.placed()
    await barista_at(room, order.since + MARGINS.disorder + MARGINS.settling)
    await room.sample_the_queue()
    await fresh_tickets.give()
    assert order.id not in await room.take_tickets()


async def test_an_order_under_a_lapsed_claim_gets_a_ticket_and_is_not_announced(
    room: BackRoom, fresh_tickets: FreshTicketsForAll
) -> None:
    lapsed = await room.claimed(await room.stored(), "a ticket", seconds=30)
    room.ahead = 30 * SECOND + SETTLED
    held = await room.claimed(await room.stored(), "another", seconds=30)
    await room.sample_the_queue()

    await fresh_tickets.give()

    assert room.announced == []
    assert await room.take_tickets() == [lapsed.id]
    assert await room.state(held) is PREPARING


async def test_orders_that_are_ready_or_closed_get_none(
    room: BackRoom, fresh_tickets: FreshTicketsForAll
) -> None:
    await room.moved(await room.stored(), PREPARING, READY)
    await room.moved(await room.stored(), OrderState.CANCELED)
    await room.moved(await room.stored(), OrderState.FAILED)
    room.ahead = SETTLED
    await room.sample_the_queue()
    await fresh_tickets.give()
    assert await room.take_tickets() == []


async def test_a_fresh_ticket_that_is_lost_as_well_is_replaced_once_there_was_time_for_it(
    room: BackRoom, fresh_tickets: FreshTicketsForAll
) -> None:
    order = await room.stored()
    taken: list[list[str]] = []
    for ahead in (SETTLED, MARGINS.retry_after, MARGINS.retry_after + 2 * SETTLED):
        room.ahead = ahead
        await room.sample_the_queue()
        await fresh_tickets.give()
        taken.append(await room.take_tickets())
    assert taken == [[order.id], [], [order.id]]


async def test_after_the_queue_was_lost_fresh_tickets_are_forgotten(
    room: BackRoom, fresh_tickets: FreshTicketsForAll
) -> None:
    order = await room.stored()
    taken: list[list[str]] = []
    for ahead in (SETTLED, 2 * SETTLED):
        room.ahead = ahead
        await room.sample_the_queue()
        fresh_tickets.requeuer.queue_lost()
        await fresh_tickets.give()
        taken.append(await room.take_tickets())
    assert taken == [[order.id], [order.id]]


async def test_of_very_many_lost_tickets_a_round_replaces_some_the_oldest_first(
    room: BackRoom, fresh_tickets: FreshTicketsForAll
) -> None:
    old = [(await room.stored()).id for _ in range(2)]
    await asyncio.gather(*(room.stored() for _ in range(MOST_AT_ONCE + 30)))
    room.ahead = SETTLED
    await room.sample_the_queue()

    await fresh_tickets.give()
    first = await room.take_tickets()
    assert len(first) == MOST_AT_ONCE
    assert set(old) <= set(first)

    await fresh_tickets.give()
    second = await room.take_tickets()
    assert len(second) == 32
    assert not set(first) & set(second)


async def test_a_ticket_that_could_not_be_queued_is_queued_in_the_next_round(
    room: BackRoom, fresh_tickets: FreshTicketsForAll
) -> None:
    order = await room.stored()
    room.ahead = SETTLED
    await room.sample_the_queue()
    room.topic_fails = True
    with pytest.raises(AwsUnavailableError):
        await fresh_tickets.give()
    room.topic_fails = False
    await fresh_tickets.give()
    assert await room.take_tickets() == [order.id]


async def test_two_cashiers_at_once_give_at_most_one_ticket_each_and_the_order_is_made_once(
    room: BackRoom, fresh_tickets: FreshTicketsForAll
) -> None:
    order = await room.stored()
    other = FreshTicketsForAll(room)
    room.ahead = SETTLED
    await room.sample_the_queue()
    await asyncio.gather(fresh_tickets.give(), other.give())
    assert await room.take_tickets() == [order.id, order.id]
