"""Orders whose tickets are dead letters fail; ready ones that nobody collects expire."""

from __future__ import annotations

import asyncio
from typing import cast

import pytest

from producer.dead_letters.service import DeadLetterService
from producer.reconciling.expiry import Expiry
from producer.reconciling.failures import Failures
from producer.reconciling.open_orders import OpenOrders
from shared.aws.queue import SqsQueue
from shared.domain.order import Order, OrderState
from shared.store.contract import Store, StoreUnavailableError
from tests.support.back_room import MINUTE, SECOND, BackRoom, changes

PREPARING, READY, FAILED = OrderState.PREPARING, OrderState.READY, OrderState.FAILED


async def test_an_order_whose_ticket_was_rejected_fails_and_is_announced(
    room: BackRoom, failures: Failures
) -> None:
    order, other = await room.placed(), await room.stored()
    await room.bury_ticket(order)
    room.announced.clear()

    await failures.fail()
    await failures.fail()

    assert await room.state(order) is FAILED
    assert room.announced == [(order.id, FAILED, 2)]
    assert await room.state(other) is OrderState.PLACED
    assert await room.dead_letters.count() == 1


@pytest.mark.parametrize("seconds", [-3600, -3, 3, 3600])
async def test_an_order_fails_with_its_ticket_however_far_our_clock_is_from_that_of_sqs(
    room: BackRoom, failures: Failures, seconds: int
) -> None:
    room.ahead = seconds * SECOND
    order = await room.placed()
    await room.bury_ticket(order)
    await failures.fail()
    assert await room.state(order) is FAILED


async def test_an_order_whose_ticket_sqs_gave_up_on_fails(
    room: BackRoom, failures: Failures
) -> None:
    await room.give_up_after(2)
    order = await room.placed()
    quick = SqsQueue(room.clients.sqs, room.queue.url, visibility_timeout=1, wait_time=2)
    await quick.receive(10)
    (ticket,) = await quick.receive(10)
    claimed = await room.claimed(order, ticket.message_id, seconds=1)
    assert await quick.receive(10) == []
    await failures.fail()

    assert await room.state(order) is FAILED
    assert room.announced[-1] == (order.id, FAILED, claimed.version + 1)


async def test_an_order_under_a_claim_fails_only_when_that_claims_own_ticket_is_dead(
    room: BackRoom, failures: Failures
) -> None:
    held, lapsed = await room.placed(), await room.placed()
    await room.give_up_after(1)
    tickets = {ticket.body: ticket for ticket in await room.queue.receive(10)}
    for order, ticket in zip((held, lapsed), tickets.values(), strict=True):
        assert order.id in ticket.body
        await room.queue.extend(ticket, 0)
    await room.claimed(held, tickets[next(iter(tickets))].message_id, seconds=30)
    await room.claimed(lapsed, "another ticket", seconds=-1)
    assert await room.queue.receive(10) == []
    assert await room.dead_letters.count() == 2

    await failures.fail()
    assert await room.state(held) is PREPARING
    assert await room.state(lapsed) is PREPARING

    room.ahead = MINUTE
    await failures.fail()
    assert await room.state(held) is FAILED
    assert await room.state(lapsed) is PREPARING


async def test_an_order_that_has_gone_on_does_not_fail(room: BackRoom, failures: Failures) -> None:
    ready, canceled = await room.placed(), await room.placed()
    for order in (ready, canceled):
        await room.bury_ticket(order)
    await room.moved(ready, PREPARING, READY)
    await room.moved(canceled, OrderState.CANCELED)

    await failures.fail()

    assert await room.state(ready) is READY
    assert await room.state(canceled) is OrderState.CANCELED


async def test_what_a_barista_did_not_announce_before_its_ticket_was_dead_is_announced(
    room: BackRoom, failures: Failures
) -> None:
    ready, preparing = await room.placed(), await room.placed()
    await room.give_up_after(1)
    tickets = await room.queue.receive(10)
    for ticket in tickets:
        await room.queue.extend(ticket, 0)
    (ticket,) = (ticket for ticket in tickets if preparing.id in ticket.body)
    await room.claimed(preparing, ticket.message_id, seconds=-1)
    await room.moved(ready, PREPARING, READY)
    assert await room.queue.receive(10) == []
    room.announced.clear()

    await failures.fail()
    await failures.fail()

    for order, end in ((ready, READY), (preparing, FAILED)):
        announced = [change for change in room.announced if change[0] == order.id]
        assert announced == [(order.id, PREPARING, 2), (order.id, end, 3)]


async def test_a_dead_letter_from_before_its_order_was_placed_anew_is_a_leftover(
    room: BackRoom, failures: Failures
) -> None:
    order = await room.placed()
    await room.bury_ticket(order)
    room.ahead = MINUTE
    redriven = await room.moved(order, FAILED, OrderState.PLACED)

    await failures.fail()

    assert await room.state(redriven) is OrderState.PLACED


async def test_letters_without_a_ticket_or_an_order_disturb_no_others(
    room: BackRoom, failures: Failures
) -> None:
    order = await room.placed()
    ticket = await room.ticket_of(order)
    await room.queue.dead_letter(ticket, "for a test")
    unknown = ticket.body.replace(order.id, "nobody-knows")
    await room.bury("not JSON", "[]", unknown)

    await failures.fail()

    assert await room.state(order) is FAILED


class _OneUnreadable:
    """The store, except that it cannot read one order."""

    def __init__(self, store: Store, order_id: str) -> None:
        self._store = store
        self._order_id = order_id

    async def get(self, order_id: str) -> Order | None:
        if order_id == self._order_id:
            raise StoreUnavailableError("this one is broken")
        return await self._store.get(order_id)

    async def replace(self, before: Order, after: Order) -> None:
        await self._store.replace(before, after)


async def test_an_order_that_cannot_be_read_does_not_block_the_others(room: BackRoom) -> None:
    orders = [await room.placed() for _ in range(3)]
    for order in orders:
        await room.bury_ticket(order)
    store = cast("Store", _OneUnreadable(room.store, orders[0].id))

    await Failures(
        dead_letters=room.dead_letters, store=store, dispatcher=room.dispatcher, clock=room.clock
    ).fail()
    findings = await DeadLetterService(
        dead_letters=room.dead_letters, store=store, clock=room.clock
    ).listed(10)

    assert [await room.state(order) for order in orders[1:]] == [FAILED] * 2
    shown = {finding.order_id: (finding.order is not None, finding.reason) for finding in findings}
    assert shown == {
        orders[0].id: (False, "for a test; its order cannot be read now"),
        orders[1].id: (True, "for a test"),
        orders[2].id: (True, "for a test"),
    }


async def test_reading_leaves_dead_letters_where_everybody_finds_them(
    room: BackRoom, failures: Failures
) -> None:
    await room.bury(*(f"poison {number}" for number in range(25)))
    for _ in range(3):
        await failures.fail()
        reads = await asyncio.gather(*(room.dead_letters.peek(100) for _ in range(3)))
        assert [len(letters) for letters in reads] == [25] * 3


async def test_a_failure_that_cannot_be_announced_is_announced_later(
    room: BackRoom, failures: Failures
) -> None:
    order = await room.placed()
    await room.bury_ticket(order)
    room.topic_fails = True
    await failures.fail()
    assert room.dispatcher.unannounced_since is not None

    room.topic_fails = False
    await room.dispatcher.announce_remaining()
    assert room.announced[-1] == (order.id, FAILED, 2)
    assert room.dispatcher.unannounced_since is None


async def test_a_hanging_topic_delays_a_round_once_and_not_for_each_order(
    room: BackRoom, failures: Failures
) -> None:
    placed = [await room.placed() for _ in range(4)]
    for order in placed:
        await room.bury_ticket(order)
    ready = [await room.moved(await room.stored(), PREPARING, READY) for _ in range(4)]
    room.topic_hangs = True
    async with asyncio.timeout(6):  # twice the two seconds that an announcement has
        await failures.fail()
        await Expiry(room.store, room.dispatcher, room.clock).expire(ready)
    assert {await room.state(order) for order in placed} == {FAILED}
    assert {await room.state(order) for order in ready} == {OrderState.EXPIRED}

    room.topic_hangs = False
    await room.dispatcher.announce_remaining()
    assert {change[0] for change in room.announced} == {order.id for order in (*placed, *ready)}


async def test_a_ready_order_that_nobody_collects_expires_and_is_announced(
    room: BackRoom,
) -> None:
    open_orders = OpenOrders(room.store)
    expiry = Expiry(room.store, room.dispatcher, room.clock)
    ready = [await room.moved(await room.stored(), PREPARING, READY) for _ in range(2)]
    await room.stored()
    await expiry.expire((await open_orders.scan(room.clock() - MINUTE)).overdue)
    assert room.announced == []

    room.ahead = MINUTE + SECOND
    fetched = await room.moved(ready[0], OrderState.COLLECTED)
    late = await room.moved(await room.stored(), PREPARING, READY)
    for _ in range(2):
        await expiry.expire((await open_orders.scan(room.clock() - MINUTE)).overdue)

    assert await room.state(ready[1]) is OrderState.EXPIRED
    assert room.announced == [(ready[1].id, OrderState.EXPIRED, 4)]
    assert await room.state(fetched) is OrderState.COLLECTED
    assert await room.state(late) is READY


async def test_an_order_is_either_collected_or_expired_never_both(room: BackRoom) -> None:
    expiry = Expiry(room.store, room.dispatcher, room.clock)
    ready = await room.moved(await room.stored(), PREPARING, READY)
    outcomes = await asyncio.gather(
        room.moved(ready, OrderState.COLLECTED), expiry.expire([ready]), return_exceptions=True
    )
    now = await room.store.get(ready.id)
    assert now is not None
    assert now.version == ready.version + 1
    expired = now.state is OrderState.EXPIRED
    assert isinstance(outcomes[0], Exception) is expired
    assert room.announced == (changes([now]) if expired else [])
