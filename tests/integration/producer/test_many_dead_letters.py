"""Dead letters behind any number of others are found, and every search ends in time."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence

import pytest

from producer.dead_letters.redriver import DeadLetterRedriver
from producer.dead_letters.service import (
    DeadLetterNotFoundError,
    DeadLetterService,
    DeadLettersLeftError,
)
from producer.reconciling.failures import Failures
from shared.aws.dead_letters import DeadLetter, DeadLetters
from shared.aws.queues import open_dead_letters, open_queue
from shared.domain.order import Order, OrderState
from tests.support.back_room import BackRoom

UNKNOWN = "00000000-0000-0000-0000-000000000000"


def failures_of(room: BackRoom, dead_letters: DeadLetters) -> Failures:
    return Failures(
        dead_letters=dead_letters, store=room.store, dispatcher=room.dispatcher, clock=room.clock
    )


def redriver_of(room: BackRoom, dead_letters: DeadLetters) -> DeadLetterRedriver:
    return DeadLetterRedriver(
        dead_letters=dead_letters, store=room.store, dispatcher=room.dispatcher, clock=room.clock
    )


async def poison(room: BackRoom, count: int) -> None:
    """Put messages on the dead-letter queue that are no tickets."""
    async with open_queue(room.clients, room.names.dead_letters) as queue:
        await asyncio.gather(*(queue.send(f"poison {number}") for number in range(count)))


async def buried(room: BackRoom, count: int = 1) -> Sequence[Order]:
    """Place orders whose tickets become dead letters."""
    orders = [await room.placed() for _ in range(count)]
    for order in orders:
        await room.bury_ticket(order)
    return orders


async def letter_of(room: BackRoom, order: Order) -> DeadLetter:
    letters = await room.dead_letters.peek(100)
    (letter,) = (letter for letter in letters if order.id in letter.body)
    return letter


async def test_a_dead_letter_behind_a_thousand_others_is_found_by_everybody(
    room: BackRoom,
) -> None:
    await poison(room, 1020)
    (order,) = await buried(room)

    await failures_of(room, room.dead_letters).fail()
    assert await room.state(order) is OrderState.FAILED

    redriver = redriver_of(room, room.dead_letters)
    trial = await redriver.redrive(None, dry_run=True)
    assert (len(trial.redriven), len(trial.refused), trial.left) == (1, 1020, 0)
    service = DeadLetterService(dead_letters=room.dead_letters, store=room.store, clock=room.clock)
    assert (await service.find(trial.redriven[0])).order_id == order.id


async def test_an_unknown_dead_letter_is_not_found(room: BackRoom) -> None:
    await poison(room, 15)
    with pytest.raises(DeadLetterNotFoundError):
        await DeadLetterService(
            dead_letters=room.dead_letters, store=room.store, clock=room.clock
        ).find(UNKNOWN)


async def test_a_redrive_with_a_limit_goes_past_what_it_cannot_redrive_and_stops_there(
    room: BackRoom,
) -> None:
    await poison(room, 15)
    orders = await buried(room, 5)
    redriver = redriver_of(room, room.dead_letters)

    first = await redriver.redrive(None, 3, dry_run=False)
    assert len(first.redriven) == 3
    assert len(await room.take_tickets()) == 3

    second = await redriver.redrive(None, 3, dry_run=False)
    assert (len(second.redriven), len(second.refused), second.left) == (2, 15, 0)
    assert {await room.state(order) for order in orders} == {OrderState.PLACED}


async def test_dead_letters_of_one_order_that_are_pages_apart_make_one_ticket(
    room: BackRoom,
) -> None:
    order = await room.placed()
    ticket = await room.ticket_of(order)
    await room.queue.dead_letter(ticket, "for a test")
    await poison(room, 15)
    await room.bury(ticket.body)

    everything = await redriver_of(room, room.dead_letters).redrive(None, dry_run=False)

    assert len(everything.redriven) == 2
    assert await room.take_tickets() == [order.id]
    assert await room.dead_letters.count() == 15


async def test_a_redrive_without_time_for_all_reports_how_many_are_left(room: BackRoom) -> None:
    await poison(room, 25)
    async with open_queue(room.clients, room.names.dead_letters, wait_time=0) as queue:
        hurried = DeadLetters(queue, scan_seconds=0)

        everything = await redriver_of(room, hurried).redrive(None, dry_run=True)
        assert (len(everything.refused), everything.left) == (10, 15)
        (missing,) = (await redriver_of(room, hurried).redrive({UNKNOWN}, dry_run=True)).refused
        assert missing.reason == "not among those that could be inspected; try again"
        with pytest.raises(DeadLettersLeftError):
            await DeadLetterService(dead_letters=hurried, store=room.store, clock=room.clock).find(
                UNKNOWN
            )
    assert len(await room.dead_letters.peek(100)) == 25


async def test_a_letter_that_another_cashier_holds_is_not_reported_as_missing(
    room: BackRoom,
) -> None:
    (order,) = await buried(room)
    letter = await letter_of(room, order)
    async with open_dead_letters(room.clients, room.names.dead_letters) as other:
        async with other.leased(10):
            outcome = await redriver_of(room, room.dead_letters).redrive({letter.id}, dry_run=False)
            (refused,) = outcome.refused
            assert "try again" in refused.reason
            await failures_of(room, room.dead_letters).fail()
        assert await room.state(order) is OrderState.PLACED

    again = await redriver_of(room, room.dead_letters).redrive({letter.id}, dry_run=False)
    assert again.redriven == [letter.id]


async def test_a_letter_that_another_cashier_held_is_read_in_the_next_round(
    room: BackRoom,
) -> None:
    (order,) = await buried(room)
    failures = failures_of(room, room.dead_letters)
    async with open_dead_letters(room.clients, room.names.dead_letters) as other, other.leased(10):
        await failures.fail()
    await failures.fail()
    assert await room.state(order) is OrderState.FAILED


async def test_a_very_long_body_is_cut(room: BackRoom) -> None:
    await room.bury(json.dumps(["x" * 200_000]))
    (letter,) = await room.dead_letters.peek(10)
    assert len(letter.body) == 10_000
