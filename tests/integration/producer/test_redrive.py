"""A redrive that is cut off anywhere loses nothing, and can be done again."""

from __future__ import annotations

import asyncio

import pytest

from producer.dead_letters.redrive_selection import RedriveResult
from producer.dead_letters.redriver import DeadLetterRedriver
from producer.dead_letters.rules import ticket_in
from producer.reconciling.failures import Failures
from shared.domain.order import Order, OrderState
from tests.support.back_room import MINUTE, BackRoom

PLACED, FAILED = OrderState.PLACED, OrderState.FAILED
OUT_OF_REACH = "the queue or the order store is unavailable; try again"


@pytest.fixture
def redriver(room: BackRoom) -> DeadLetterRedriver:
    return DeadLetterRedriver(
        dead_letters=room.dead_letters,
        store=room.store,
        dispatcher=room.dispatcher,
        clock=room.clock,
    )


async def failed(room: BackRoom, failures: Failures) -> Order:
    """Give an order that failed a minute ago, and whose ticket is a dead letter."""
    order = await room.placed()
    await room.bury_ticket(order)
    await failures.fail()
    assert await room.state(order) is FAILED
    room.ahead = MINUTE
    room.announced.clear()
    return order


async def everything(redriver: DeadLetterRedriver) -> RedriveResult:
    return await redriver.redrive(None, dry_run=False)


async def test_cut_off_before_the_announcement_it_is_done_again(
    room: BackRoom, redriver: DeadLetterRedriver, failures: Failures
) -> None:
    order = await failed(room, failures)
    room.topic_fails = True
    cut_off = await everything(redriver)
    assert [refused.reason for refused in cut_off.refused] == [OUT_OF_REACH]
    assert await room.state(order) is PLACED
    assert await room.take_tickets() == []

    room.topic_fails = False
    await failures.fail()
    assert await room.state(order) is PLACED
    assert len((await everything(redriver)).redriven) == 1
    assert room.announced == [(order.id, PLACED, 3)]
    assert await room.take_tickets() == [order.id]
    assert await room.dead_letters.count() == 0


async def test_cut_off_before_the_dead_letter_is_deleted_the_order_goes_on_all_the_same(
    room: BackRoom, redriver: DeadLetterRedriver, failures: Failures
) -> None:
    order = await failed(room, failures)
    again = await room.moved((await room.store.get(order.id)) or order, PLACED)
    await room.dispatcher.requeue(again)

    await failures.fail()
    assert await room.state(order) is PLACED
    assert await room.take_tickets() == [order.id]
    assert await room.dead_letters.count() == 1

    await room.moved(again, OrderState.PREPARING, OrderState.READY)
    left = await everything(redriver)
    assert [refused.reason for refused in left.refused] == ["the order is ready"]
    assert await room.take_tickets() == []


async def test_a_dead_letter_that_was_redriven_and_fails_again_is_redriven_again(
    room: BackRoom, redriver: DeadLetterRedriver, failures: Failures
) -> None:
    order = await failed(room, failures)
    for _ in range(2):
        assert len((await everything(redriver)).redriven) == 1
        assert await room.state(order) is PLACED
        await room.bury_ticket(order)
        await failures.fail()
        assert await room.state(order) is FAILED


async def test_a_redrive_beside_the_reconciler_leaves_each_order_its_ticket_or_its_dead_letter(
    room: BackRoom, redriver: DeadLetterRedriver, failures: Failures
) -> None:
    for _ in range(5):
        orders = [await room.placed() for _ in range(4)]
        for order in orders:
            await room.bury_ticket(order)

        await asyncio.gather(failures.fail(), everything(redriver))

        left = {ticket_in(letter) for letter in await room.dead_letters.peek(100)}
        redrivable = {ticket.order_id for ticket in left if ticket is not None}
        waiting = await room.take_tickets()
        for order in orders:
            failed = await room.state(order) is FAILED
            assert (order.id in redrivable, order.id in waiting) == (failed, not failed)
        await everything(redriver)
        await room.take_tickets()


async def test_an_order_that_has_not_failed_yet_fails_and_is_placed_anew(
    room: BackRoom, redriver: DeadLetterRedriver, failures: Failures
) -> None:
    order = await room.placed()
    await room.bury_ticket(order)
    room.announced.clear()

    assert len((await everything(redriver)).redriven) == 1
    await failures.fail()

    assert room.announced == [(order.id, FAILED, 2), (order.id, PLACED, 3)]
    assert await room.state(order) is PLACED
    assert await room.take_tickets() == [order.id]


async def test_an_order_in_a_baristas_hands_is_left_alone_until_its_claim_has_lapsed(
    room: BackRoom, redriver: DeadLetterRedriver
) -> None:
    order = await room.placed()
    await room.bury_ticket(order)
    await room.claimed(order, "another ticket", seconds=30)
    held = await everything(redriver)
    assert [refused.reason for refused in held.refused] == ["the order is preparing"]

    room.ahead = MINUTE
    assert len((await everything(redriver)).redriven) == 1
    assert await room.take_tickets() == [order.id]
    assert await room.state(order) is OrderState.PREPARING
