"""Orders that people prepare: held until their record says otherwise, and never lost meanwhile."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from shared.consuming.message import Message
from shared.consuming.outcome import Done, Outcome, Retry
from shared.domain.order import Order, OrderState, TimelineEntry, advance, claim
from shared.messages.ticket import Ticket
from shared.runtime.settings import ServiceSettings
from shared.store.contract import Store, StoreUnavailableError
from shared.store.factory import open_store
from tests.support.orders import NOON, an_order
from tests.support.waiting import eventually
from worker.barista import Barista
from worker.claims import Claims
from worker.fresh_ticket import MOST_SWAPS, WORN_AFTER
from worker.line import Line
from worker.people import PeoplesPreparation
from worker.preparation import Preparation, TimedPreparation

PLACES = 12
LEASE = dt.timedelta(seconds=30)


@dataclass
class Bar:
    """A barista with people at work; a look happens when the test says, and takes a second."""

    store: Store
    now: dt.datetime = NOON
    announced: list[tuple[OrderState, int]] = field(default_factory=list)
    queued: list[Ticket] = field(default_factory=list)
    reads: list[Collection[str]] = field(default_factory=list)
    renewals: int = 0
    away: bool = False
    line: Line = field(default_factory=lambda: Line(places=PLACES))
    preparation: Preparation = field(init=False)
    _may_look: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(0))
    _waiting: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        claims = Claims(store=self, clock=lambda: self.now, duration=LEASE)  # type: ignore[arg-type]
        self.preparation = PeoplesPreparation(
            self,  # type: ignore[arg-type]
            claims,
            self.line,
            self._wait_for_look,
            self._monotonic,
        )

    def _monotonic(self) -> float:
        return (self.now - NOON).total_seconds()

    async def _wait_for_look(self, _: float) -> None:
        self._waiting.set()
        await self._may_look.acquire()

    async def look(self, seconds: float = 1) -> None:
        """Let time pass, and the worker look once; return when that is over."""
        await self._waiting.wait()
        self.now += dt.timedelta(seconds=seconds)
        self._waiting.clear()
        self._may_look.release()
        await self._waiting.wait()

    async def announce(self, order: Order) -> None:
        self.announced.append((order.state, order.version))

    async def send(self, body: str, _: Mapping[str, str], *, group: str | None = None) -> None:
        del group
        self.queued.append(Ticket.model_validate_json(body))

    async def get(self, order_id: str) -> Order | None:
        return await self.store.get(order_id)

    async def peek(self, order_id: str) -> Order | None:
        return await self.store.peek(order_id)

    async def orders_by_id(self, order_ids: Collection[str]) -> Sequence[Order]:
        self.reads.append(order_ids)
        if self.away:
            raise StoreUnavailableError("it did not answer")
        return await self.store.orders_by_id(order_ids)

    async def replace(self, before: Order, after: Order) -> None:
        self.renewals += (before.state, before.attempt) == (after.state, after.attempt)
        await self.store.replace(before, after)

    def barista(self, preparation: Preparation | None = None) -> Barista:
        claims = Claims(store=self, clock=lambda: self.now, duration=LEASE)  # type: ignore[arg-type]
        return Barista(
            store=self,  # type: ignore[arg-type]
            announcer=self,
            tickets=self,
            claims=claims,
            preparation=preparation or self.preparation,
            clock=lambda: self.now,
            wait=asyncio.sleep,
        )

    async def placed(self, second: int = 0) -> Order:
        timeline = (TimelineEntry(OrderState.PLACED, NOON + dt.timedelta(seconds=second)),)
        order = replace(an_order(), timeline=timeline)
        return (await self.store.place(order, NOON.date())).order

    async def taken(self, order: Order, message: Message | None = None) -> asyncio.Task[Outcome]:
        """Let a barista take an order, and return once it is in hand."""
        announced = len(self.announced)
        work = asyncio.create_task(self.barista().take(message or ticket_for(order)))
        await eventually(lambda: len(self.announced) > announced)
        await self._waiting.wait()
        return work

    async def moved(self, order: Order, state: OrderState) -> Order:
        """Move an order as a cashier does."""
        before = await self.recorded(order)
        after = advance(before, state, self.now, "owner")
        await self.store.replace(before, after)
        return after

    async def recorded(self, order: Order) -> Order:
        found = await self.store.get(order.id)
        assert found is not None
        return found


def ticket_for(order: Order, receive_count: int = 1, swaps: int = 0) -> Message:
    ticket = Ticket(order_id=order.id, store_id="main", correlation_id="abc", swaps=swaps)
    return Message("ticket", "receipt", ticket.model_dump_json(), receive_count=receive_count)


@pytest.fixture
async def bar(tmp_path: Path) -> AsyncIterator[Bar]:
    async with open_store(ServiceSettings(state_dir=tmp_path), None, lambda: NOON) as store:
        yield Bar(store)


async def test_a_ticket_is_let_go_at_the_first_look_after_the_tap(bar: Bar) -> None:
    work = await bar.taken(order := await bar.placed())
    await bar.look()
    assert not work.done()
    await bar.moved(order, OrderState.READY)
    await bar.look()
    assert await work == Done()


async def test_the_barista_does_not_repeat_what_the_cashier_has_announced(bar: Bar) -> None:
    work = await bar.taken(order := await bar.placed())
    await bar.moved(order, OrderState.READY)
    await bar.look()
    await work
    assert bar.announced == [(OrderState.PREPARING, 2)]
    assert bar.queued == []


async def test_all_orders_in_hand_are_looked_at_by_one_read_and_none_when_there_are_none(
    bar: Bar,
) -> None:
    orders = [await bar.placed() for _ in range(PLACES)]
    works = [await bar.taken(order) for order in orders]
    await bar.look()
    assert bar.reads == [{order.id for order in orders}]
    for order in orders:
        await bar.moved(order, OrderState.CANCELED)
    await bar.look()
    assert [await work for work in works] == [Done()] * PLACES
    assert len(bar.reads) == 2


async def test_a_claim_is_renewed_at_every_third_of_its_time_and_never_lapses(bar: Bar) -> None:
    work = await bar.taken(order := await bar.placed())
    for _ in range(600):
        await bar.look()
        held = await bar.recorded(order)
        assert held.claim is not None
        assert held.claim.until > bar.now + LEASE / 2
    assert bar.renewals == 60
    assert (await bar.recorded(order)).attempt == 1
    await bar.moved(order, OrderState.READY)
    await bar.look()
    assert await work == Done()


async def test_a_store_that_is_away_ends_no_preparation(bar: Bar) -> None:
    work = await bar.taken(order := await bar.placed())
    bar.away = True
    for _ in range(3):
        await bar.look()
    assert not work.done()
    bar.away = False
    await bar.moved(order, OrderState.READY)
    await bar.look()
    assert await work == Done()


async def test_a_released_order_is_announced_and_queued_anew_before_its_ticket_is_gone(
    bar: Bar,
) -> None:
    work = await bar.taken(order := await bar.placed(), ticket_for(await bar.placed()))
    work.cancel()
    work = await bar.taken(order, ticket_for(order, receive_count=2, swaps=7))
    await bar.moved(order, OrderState.PLACED)
    await bar.look()
    assert await work == Done()
    assert bar.announced[-1] == (OrderState.PLACED, 3)
    (fresh,) = bar.queued
    assert (fresh.order_id, fresh.version, fresh.swaps) == (order.id, 3, 0)


async def test_an_order_that_another_attempt_has_is_left_to_it(bar: Bar) -> None:
    work = await bar.taken(order := await bar.placed())
    held = await bar.recorded(order)
    await bar.store.replace(held, claim(held, "ticket", bar.now, bar.now + LEASE))
    await bar.look()
    assert await work == Retry(30, "changed by somebody else")
    assert (await bar.recorded(order)).attempt == 2


async def test_an_order_that_was_moved_but_not_by_staff_keeps_its_ticket(bar: Bar) -> None:
    work = await bar.taken(order := await bar.placed())
    held = await bar.recorded(order)
    await bar.store.replace(held, advance(held, OrderState.FAILED, bar.now))
    await bar.look()
    assert await work == Retry(30, "changed by somebody else")


async def test_a_worker_that_stops_ends_its_claims_and_gives_the_tickets_back_at_once(
    bar: Bar,
) -> None:
    work = await bar.taken(order := await bar.placed())
    bar.preparation.let_go()
    assert await work == Retry(0, "the worker stops")
    held = await bar.recorded(order)
    assert held.claim is not None
    assert (held.state, held.claim.until) == (OrderState.PREPARING, bar.now)
    late = await bar.placed()
    assert await bar.barista().take(ticket_for(late)) == Retry(0, "the worker stops")


async def test_a_ticket_that_was_received_often_is_replaced_before_its_order_is_held(
    bar: Bar,
) -> None:
    order = await bar.placed()
    for received in range(1, WORN_AFTER):
        work = await bar.taken(order, ticket_for(order, received))
        work.cancel()
    async with asyncio.timeout(5):  # it would be held for ever
        assert await bar.barista().take(ticket_for(order, WORN_AFTER, swaps=2)) == Done()
    (fresh,) = bar.queued
    assert (fresh.order_id, fresh.version, fresh.swaps) == (order.id, 1, 3)


async def test_a_ticket_is_not_replaced_for_ever(bar: Bar) -> None:
    order = await bar.placed()
    work = await bar.taken(order, ticket_for(order, WORN_AFTER, swaps=MOST_SWAPS))
    assert bar.queued == []
    work.cancel()


async def test_a_second_ticket_waits_for_hours_and_is_no_dead_letter(bar: Bar) -> None:
    held = await bar.taken(order := await bar.placed())
    second = Message("second", "receipt", ticket_for(order).body)
    assert await bar.barista().take(second) == Retry(30, "claimed by another barista")
    worn = Message("second", "receipt", second.body, receive_count=WORN_AFTER)
    timed = TimedPreparation(claims=bar.barista().claims, wait=asyncio.sleep, brew_speed=0)
    for preparation in (None, timed):
        bar.queued.clear()
        assert await bar.barista(preparation).take(worn) == Done()
        assert [ticket.order_id for ticket in bar.queued] == [order.id]
    held.cancel()


async def test_an_order_in_simulated_hands_can_be_completed_released_and_canceled(
    bar: Bar,
) -> None:
    for state in (OrderState.READY, OrderState.PLACED, OrderState.CANCELED):
        order = await bar.placed()
        bar.queued.clear()

        async def somebody_moves_it(
            _: float, order: Order = order, state: OrderState = state
        ) -> None:
            await bar.moved(order, state)

        timed = TimedPreparation(
            claims=bar.barista().claims, wait=somebody_moves_it, brew_speed=1000
        )
        assert await bar.barista(timed).take(ticket_for(order)) == Done()
        assert (await bar.recorded(order)).state is state
        assert len(bar.queued) == (state is OrderState.PLACED)


async def test_what_a_killed_barista_did_not_announce_is_announced_by_the_next(bar: Bar) -> None:
    order = await bar.placed()
    await bar.store.replace(order, claim(order, "ticket", NOON, NOON))
    await bar.moved(order, OrderState.PLACED)
    work = await bar.taken(order)
    work.cancel()
    assert bar.announced == [
        (OrderState.PREPARING, 2),
        (OrderState.PLACED, 3),
        (OrderState.PREPARING, 4),
    ]


async def in_a_rush(bar: Bar) -> tuple[list[Order], list[asyncio.Task[Outcome]]]:
    """Place twice as many orders as there are places, and let baristas take them."""
    orders = [await bar.placed(second) for second in range(2 * PLACES)]
    works = [await bar.taken(order) for order in orders[:PLACES]]
    works += [
        asyncio.create_task(bar.barista().take(ticket_for(order))) for order in orders[PLACES:]
    ]
    await eventually(lambda: len(bar.line.waiting) == PLACES)
    return orders, works


async def test_an_order_is_begun_only_when_another_is_done(bar: Bar) -> None:
    orders, works = await in_a_rush(bar)
    await bar.look()
    states = [(await bar.recorded(order)).state for order in orders]
    assert states == [OrderState.PREPARING] * PLACES + [OrderState.PLACED] * PLACES
    assert bar.reads == [{order.id for order in orders}]
    for work in works[PLACES:]:
        assert not work.done()
    await bar.moved(orders[3], OrderState.READY)
    await bar.look()
    assert await works[3] == Done()
    await eventually(lambda: bar.announced[-1] == (OrderState.PREPARING, 2))
    assert len(bar.line.waiting) == PLACES - 1
    for work in works:
        work.cancel()


async def test_a_canceled_order_leaves_the_line_at_the_next_look_and_not_at_its_turn(
    bar: Bar,
) -> None:
    orders, works = await in_a_rush(bar)
    await bar.moved(orders[-1], OrderState.CANCELED)
    await bar.look()
    assert await works[-1] == Done()
    assert len(bar.line.made) == PLACES
    for work in works:
        work.cancel()


async def test_an_order_that_is_canceled_just_before_its_turn_gives_its_place_to_the_next(
    bar: Bar,
) -> None:
    orders, works = await in_a_rush(bar)
    await bar.moved(orders[PLACES], OrderState.CANCELED)
    works[0].cancel()
    assert await works[PLACES] == Done()
    await eventually(lambda: len(bar.line.waiting) == PLACES - 2)
    assert len(bar.line.made) == PLACES
    for work in works:
        work.cancel()


async def test_a_second_ticket_in_line_leaves_it_as_soon_as_its_order_is_begun(bar: Bar) -> None:
    orders, works = await in_a_rush(bar)
    second = Message("second", "receipt", ticket_for(orders[PLACES]).body)
    duplicate = asyncio.create_task(bar.barista().take(second))
    await eventually(lambda: len(bar.line.waiting) == PLACES + 1)
    works[0].cancel()
    await eventually(lambda: len(bar.line.waiting) == PLACES)
    await bar.look()
    both = {works[PLACES], duplicate}
    (left,), _ = await asyncio.wait(both, timeout=5, return_when=asyncio.FIRST_COMPLETED)
    held = left.result()
    assert isinstance(held, Retry)
    assert held.reason == "claimed by another barista"
    for work in (*works, duplicate):
        work.cancel()


async def test_a_worn_ticket_is_swapped_before_it_waits(bar: Bar) -> None:
    orders, works = await in_a_rush(bar)
    async with asyncio.timeout(5):
        assert await bar.barista().take(ticket_for(orders[-1], WORN_AFTER)) == Done()
    assert [ticket.order_id for ticket in bar.queued] == [orders[-1].id]
    for work in works:
        work.cancel()


async def test_tickets_in_line_are_given_back_when_the_worker_stops_and_nothing_is_written(
    bar: Bar,
) -> None:
    orders, works = await in_a_rush(bar)
    bar.preparation.let_go()
    assert {await work for work in works} == {Retry(0, "the worker stops")}
    for order in orders[PLACES:]:
        assert await bar.recorded(order) == order
