"""The barista's steps, against a real order store, and the outcome of each ticket."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import sqlite3
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import cast

import pytest

from shared.aws.batcher import EntryFailedError
from shared.aws.clients import AwsUnavailableError
from shared.consuming.message import Message
from shared.consuming.outcome import Done, Outcome, Reject, Retry
from shared.domain.order import Order, OrderState, advance, claim
from shared.messages.ticket import Ticket
from shared.runtime.settings import ServiceSettings
from shared.store.contract import Store, StoreUnavailableError
from shared.store.factory import open_store
from tests.support.orders import NOON, an_order
from worker.barista import Barista
from worker.claims import Claims
from worker.preparation import TimedPreparation, Wait


@dataclass
class Shop:
    """A fixed clock, a wait that takes no time, and a record of announcements."""

    store: Store
    now: dt.datetime = NOON
    announced: list[tuple[str, OrderState, int]] = field(default_factory=list)
    queued: list[Ticket] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)
    may_end: asyncio.Event = field(default_factory=asyncio.Event)
    preparing: asyncio.Event = field(default_factory=asyncio.Event)

    async def announce(self, order: Order) -> None:
        self.announced.append((order.id, order.state, order.version))

    async def wait(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.preparing.set()
        await self.may_end.wait()

    async def send(self, body: str, _: Mapping[str, str], *, group: str | None = None) -> None:
        del group
        self.queued.append(Ticket.model_validate_json(body))

    def barista(
        self, brew_speed: float = 10, *, store: Store | None = None, wait: Wait | None = None
    ) -> Barista:
        store, wait = store or self.store, wait or self.wait
        claims = Claims(store=store, clock=lambda: self.now, duration=dt.timedelta(seconds=30))
        return Barista(
            store=store,
            announcer=self,
            tickets=self,
            claims=claims,
            preparation=TimedPreparation(claims=claims, wait=wait, brew_speed=brew_speed),
            clock=lambda: self.now,
            wait=wait,
        )

    async def placed(self, *, prep_seconds: int = 45) -> Order:
        order = an_order(prep_seconds=prep_seconds)
        return (await self.store.place(order, NOON.date())).order

    async def state(self, order: Order) -> OrderState:
        found = await self.store.get(order.id)
        assert found is not None
        return found.state


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Shop]:
    settings = ServiceSettings(state_dir=tmp_path)
    async with open_store(settings, None, lambda: NOON) as store:
        shop = Shop(store)
        shop.may_end.set()
        yield shop


def ticket_for(order: Order, message_id: str = "ticket") -> Message:
    ticket = Ticket(order_id=order.id, store_id="main", correlation_id="abc")
    return Message(message_id, "receipt", ticket.model_dump_json())


async def test_an_order_is_claimed_announced_prepared_completed_and_announced(shop: Shop) -> None:
    order = await shop.placed()
    assert await shop.barista().take(ticket_for(order)) == Done()
    assert shop.announced == [
        (order.id, OrderState.PREPARING, 2),
        (order.id, OrderState.READY, 3),
    ]
    assert sum(shop.waits) == 4.5
    assert await shop.state(order) is OrderState.READY


async def test_unknown_fields_of_a_newer_cashier_do_not_make_a_ticket_poison(
    shop: Shop,
) -> None:
    order = await shop.placed()
    ticket = ticket_for(order)
    newer = replace(ticket, body=json.dumps({**json.loads(ticket.body), "tip": 100}))
    assert await shop.barista().take(newer) == Done()
    assert await shop.state(order) is OrderState.READY


async def test_a_brew_speed_of_zero_leaves_out_the_waiting(shop: Shop) -> None:
    order = await shop.placed()
    await shop.barista(brew_speed=0).take(ticket_for(order))
    assert shop.waits == []
    assert await shop.state(order) is OrderState.READY


async def test_an_order_is_ready_in_the_store_before_it_is_announced_so(shop: Shop) -> None:
    order = await shop.placed()
    seen: list[tuple[OrderState, OrderState]] = []

    class Listener:
        async def announce(self, order: Order) -> None:
            seen.append((order.state, await shop.state(order)))

    barista = replace(shop.barista(), announcer=Listener())
    await barista.take(ticket_for(order))
    assert seen == [
        (OrderState.PREPARING, OrderState.PREPARING),
        (OrderState.READY, OrderState.READY),
    ]


async def test_a_ticket_that_comes_back_after_the_work_is_announced_again_and_done(
    shop: Shop,
) -> None:
    order = await shop.placed()
    barista = shop.barista()
    await barista.take(ticket_for(order))
    assert await barista.take(ticket_for(order)) == Done()
    once = [(order.id, OrderState.PREPARING, 2), (order.id, OrderState.READY, 3)]
    assert shop.announced == once * 2


async def test_the_ticket_of_a_canceled_order_is_announced_and_done(shop: Shop) -> None:
    order = await shop.placed()
    await shop.store.replace(order, advance(order, OrderState.CANCELED, NOON))
    assert await shop.barista().take(ticket_for(order)) == Done()
    assert shop.announced == [(order.id, OrderState.CANCELED, 2)]
    assert await shop.state(order) is OrderState.CANCELED


async def test_a_ticket_that_comes_back_announces_all_that_happened_since_it_was_queued(
    shop: Shop,
) -> None:
    order = await shop.placed()
    preparing = claim(order, "ticket", NOON, NOON)
    ready = advance(preparing, OrderState.READY, NOON)
    collected = advance(ready, OrderState.COLLECTED, NOON - dt.timedelta(hours=1))
    await shop.store.replace(order, collected)
    assert await shop.barista().take(ticket_for(order)) == Done()
    assert shop.announced == [
        (order.id, OrderState.PREPARING, 2),
        (order.id, OrderState.READY, 3),
        (order.id, OrderState.COLLECTED, 4),
    ]


@pytest.mark.parametrize(
    "body",
    [
        "",
        "coffee, please",
        "[]",
        '{"order_id": 7}',
        '{"order_id": "a", "unknown": true}',
        '{"order_id": "", "store_id": "main", "correlation_id": "abc"}',
        f'{{"order_id": "{"a" * 3000}", "store_id": "main", "correlation_id": "abc"}}',
    ],
)
async def test_what_is_no_ticket_is_rejected(shop: Shop, body: str) -> None:
    outcome = await shop.barista().take(Message("ticket", "receipt", body))
    assert isinstance(outcome, Reject)
    assert outcome.reason.startswith("not a ticket")


async def test_a_ticket_of_no_order_is_rejected(shop: Shop) -> None:
    outcome = await shop.barista().take(ticket_for(an_order()))
    assert outcome == Reject("no such order")


async def test_a_second_ticket_waits_while_another_barista_prepares(shop: Shop) -> None:
    order = await shop.placed()
    shop.may_end.clear()
    first = asyncio.create_task(shop.barista().take(ticket_for(order, "first")))
    await shop.preparing.wait()
    outcome = await shop.barista().take(ticket_for(order, "second"))
    assert outcome == Retry(30, "claimed by another barista")
    shop.may_end.set()
    assert await first == Done()
    assert [version for _, _, version in shop.announced] == [2, 3]


async def test_a_ticket_that_comes_back_in_mid_preparation_passes_to_the_next_barista(
    shop: Shop,
) -> None:
    order = await shop.placed()
    shop.may_end.clear()
    zombie = asyncio.create_task(shop.barista().take(ticket_for(order)))
    await shop.preparing.wait()
    assert await shop.barista(brew_speed=0).take(ticket_for(order)) == Done()
    shop.may_end.set()
    outcome = await zombie
    assert isinstance(outcome, Retry)
    found = await shop.store.get(order.id)
    assert found is not None
    assert (found.state, found.attempt, found.version) == (OrderState.READY, 2, 3)
    assert [state for _, state, _ in shop.announced].count(OrderState.READY) == 1


async def test_a_zombie_that_finishes_first_is_refused_and_the_next_barista_is_not(
    shop: Shop,
) -> None:
    order = await shop.placed()
    shop.may_end.clear()
    zombie = asyncio.create_task(shop.barista().take(ticket_for(order)))
    await shop.preparing.wait()

    async def wait_for_the_zombie(_: float) -> None:
        shop.may_end.set()
        assert isinstance(await zombie, Retry)
        assert await shop.state(order) is OrderState.PREPARING

    barista = shop.barista(wait=wait_for_the_zombie)
    assert await barista.take(ticket_for(order)) == Done()
    assert await shop.state(order) is OrderState.READY
    assert [state for _, state, _ in shop.announced].count(OrderState.READY) == 1


async def test_a_long_preparation_keeps_its_claim_up(shop: Shop) -> None:
    order = await shop.placed(prep_seconds=400)
    rivals: list[object] = []

    async def time_passes(seconds: float) -> None:
        shop.now += dt.timedelta(seconds=seconds)
        rivals.append(await shop.barista().take(ticket_for(order, "another ticket")))

    barista = shop.barista(wait=time_passes)
    assert await barista.take(ticket_for(order)) == Done()
    assert rivals == [Retry(20, "claimed by another barista")] * 4
    found = await shop.store.get(order.id)
    assert found is not None
    assert (found.state, found.attempt) == (OrderState.READY, 1)


async def test_a_claim_that_was_not_renewed_passes_to_another_ticket(shop: Shop) -> None:
    order = await shop.placed()
    shop.may_end.clear()
    stalled = asyncio.create_task(shop.barista().take(ticket_for(order, "first")))
    await shop.preparing.wait()
    shop.now += dt.timedelta(seconds=31)
    assert await shop.barista(brew_speed=0).take(ticket_for(order, "second")) == Done()
    shop.may_end.set()
    assert isinstance(await stalled, Retry)


async def test_of_ten_baristas_with_one_ticket_each_only_one_prepares(shop: Shop) -> None:
    order = await shop.placed()
    outcomes = await asyncio.gather(
        *(shop.barista().take(ticket_for(order, f"ticket {number}")) for number in range(10))
    )
    assert outcomes.count(Done()) >= 1
    assert {*shop.announced} == {
        (order.id, OrderState.PREPARING, 2),
        (order.id, OrderState.READY, 3),
    }
    found = await shop.store.get(order.id)
    assert found is not None
    assert (found.state, found.attempt) == (OrderState.READY, 1)


async def test_a_store_that_is_away_costs_the_ticket_nothing(shop: Shop, tmp_path: Path) -> None:
    order = await shop.placed()
    lock = sqlite3.connect(tmp_path / "orders.sqlite3", isolation_level=None)
    lock.execute("BEGIN IMMEDIATE")
    pauses: list[float] = []

    async def pause(seconds: float) -> None:
        pauses.append(seconds)
        if lock.in_transaction:
            lock.execute("COMMIT")

    barista = shop.barista(brew_speed=0, wait=pause)
    assert await barista.take(ticket_for(order)) == Done()
    lock.close()
    assert len(pauses) == 1
    assert await shop.state(order) is OrderState.READY


@dataclass
class Lagging:
    """The shop's store, but `peek` shows an order as it was `before`."""

    store: Store
    before: Order | None

    async def peek(self, _: str) -> Order | None:
        return self.before

    async def get(self, order_id: str) -> Order | None:
        return await self.store.get(order_id)

    async def replace(self, before: Order, after: Order) -> None:
        await self.store.replace(before, after)


async def test_an_order_that_is_not_seen_yet_is_prepared(shop: Shop) -> None:
    order = await shop.placed()
    barista = shop.barista(store=cast("Store", Lagging(shop.store, None)))
    assert await barista.take(ticket_for(order)) == Done()
    assert await shop.state(order) is OrderState.READY


@pytest.mark.parametrize(
    ("by", "outcome"),
    [
        ("another ticket", Retry(7, "claimed by another barista")),
        ("ticket", Retry(30, "changed by somebody else")),
    ],
    ids=["another ticket", "the same ticket, delivered twice"],
)
async def test_an_order_that_is_still_seen_as_placed_is_not_taken_from_who_has_it(
    shop: Shop, by: str, outcome: Outcome
) -> None:
    order = await shop.placed()
    taken = claim(order, by, NOON, NOON + dt.timedelta(seconds=7))
    await shop.store.replace(order, taken)
    barista = shop.barista(store=cast("Store", Lagging(shop.store, order)))
    assert await barista.take(ticket_for(order)) == outcome
    assert (shop.announced, await shop.store.get(order.id)) == ([], taken)


async def test_an_order_that_a_barista_gave_back_and_that_is_seen_as_placed_is_prepared_at_once(
    shop: Shop,
) -> None:
    order = await shop.placed()
    await shop.store.replace(order, claim(order, "ticket", NOON, NOON))
    barista = shop.barista(store=cast("Store", Lagging(shop.store, order)))
    assert await barista.take(ticket_for(order)) == Done()
    assert await shop.state(order) is OrderState.READY


async def test_an_order_put_back_in_line_that_is_seen_as_it_was_before_is_prepared_at_once(
    shop: Shop,
) -> None:
    order = await shop.placed()
    begun = claim(order, "a ticket that was swapped", NOON, NOON)
    await shop.store.replace(order, begun)
    await shop.store.replace(begun, advance(begun, OrderState.PLACED, NOON, "owner"))
    barista = shop.barista(store=cast("Store", Lagging(shop.store, order)))
    assert await barista.take(ticket_for(order)) == Done()
    assert await shop.state(order) is OrderState.READY


async def test_a_canceled_order_that_is_still_seen_as_placed_is_not_prepared(shop: Shop) -> None:
    order = await shop.placed()
    await shop.store.replace(order, advance(order, OrderState.CANCELED, NOON))
    barista = shop.barista(store=cast("Store", Lagging(shop.store, order)))
    assert await barista.take(ticket_for(order)) == Done()
    assert (shop.waits, shop.announced) == ([], [(order.id, OrderState.CANCELED, 2)])


@dataclass
class FailingEverySecondTime:
    """The shop's store, but each write fails first: it is not made, or not confirmed."""

    store: Store
    made: bool
    tries: int = 0

    async def get(self, order_id: str) -> Order | None:
        return await self.store.get(order_id)

    async def peek(self, order_id: str) -> Order | None:
        return await self.store.peek(order_id)

    async def replace(self, before: Order, after: Order) -> None:
        self.tries += 1
        fails = self.tries % 2 == 1
        if self.made or not fails:
            await self.store.replace(before, after)
        if fails:
            raise StoreUnavailableError("it did not answer")


@pytest.mark.parametrize("made", [False, True], ids=["not made", "not confirmed"])
async def test_a_write_that_fails_is_tried_again_and_nothing_is_prepared_twice(
    shop: Shop, *, made: bool
) -> None:
    order = await shop.placed(prep_seconds=400)
    failing = FailingEverySecondTime(shop.store, made)
    barista = shop.barista(store=cast("Store", failing))
    assert await barista.take(ticket_for(order)) == Done()
    assert failing.tries == 2 * len(["claim", "renewal", "renewal", "renewal", "completion"])
    assert shop.waits.count(10) == 4
    assert [version for _, _, version in shop.announced] == [2, 3]
    found = await shop.store.get(order.id)
    assert found is not None
    assert (found.state, found.attempt) == (OrderState.READY, 1)


async def test_a_write_that_failed_while_somebody_else_was_first_is_refused(shop: Shop) -> None:
    order = await shop.placed()
    until = NOON + dt.timedelta(seconds=7)

    class Overtaken(FailingEverySecondTime):
        async def replace(self, before: Order, after: Order) -> None:
            if not self.tries:
                await self.store.replace(before, claim(before, "another ticket", NOON, until))
            await super().replace(before, after)

    overtaken = cast("Store", Overtaken(shop.store, made=False))
    barista = shop.barista(store=overtaken)
    assert await barista.take(ticket_for(order)) == Retry(7, "claimed by another barista")
    assert shop.announced == []


async def test_a_topic_that_is_away_costs_the_ticket_nothing(shop: Shop) -> None:
    order = await shop.placed()
    away = [AwsUnavailableError("SNS"), AwsUnavailableError("SNS")]

    class Unavailable:
        async def announce(self, order: Order) -> None:
            if order.state is OrderState.READY and away:
                raise away.pop()
            await shop.announce(order)

    barista = replace(shop.barista(brew_speed=0), announcer=Unavailable())
    assert await barista.take(ticket_for(order)) == Done()
    assert shop.announced[-1] == (order.id, OrderState.READY, 3)
    assert len(shop.waits) == 2


async def test_an_announcement_that_is_refused_for_good_is_not_tried_for_ever(shop: Shop) -> None:
    order = await shop.placed()

    class Refused:
        async def announce(self, _: Order) -> None:
            raise EntryFailedError("InvalidParameter", "", sender_fault=True)

    barista = replace(shop.barista(brew_speed=0), announcer=Refused())
    with pytest.raises(EntryFailedError):
        await barista.take(ticket_for(order))


async def test_a_barista_that_lost_its_claim_leaves_the_order_to_the_one_that_has_it_now(
    shop: Shop,
) -> None:
    order = await shop.placed()

    away = [AwsUnavailableError("SNS")]

    class FirstUnavailable:
        """A topic that is unavailable until another barista has received the ticket."""

        async def announce(self, order: Order) -> None:
            if away:
                later = claim(order, "ticket", NOON, NOON + dt.timedelta(seconds=30))
                await shop.store.replace(order, later)
                raise away.pop()
            await shop.announce(order)

    barista = replace(shop.barista(), announcer=FirstUnavailable())
    assert await barista.take(ticket_for(order)) == Retry(30, "changed by somebody else")
    found = await shop.store.get(order.id)
    assert found is not None
    assert (found.state, found.attempt) == (OrderState.PREPARING, 2)
    assert shop.announced == []


async def test_a_claim_is_kept_up_while_the_topic_is_away(shop: Shop) -> None:
    order = await shop.placed()
    away = [AwsUnavailableError("SNS") for _ in range(10)]
    rivals: list[object] = []

    class Unavailable:
        async def announce(self, order: Order) -> None:
            if away:
                raise away.pop()
            await shop.announce(order)

    async def time_passes(_: float) -> None:
        shop.now += dt.timedelta(seconds=5)
        rivals.append(await shop.barista().take(ticket_for(order, "another ticket")))

    barista = replace(shop.barista(brew_speed=0, wait=time_passes), announcer=Unavailable())
    assert await barista.take(ticket_for(order)) == Done()
    assert rivals == [Retry(25, "claimed by another barista")] * 10
    found = await shop.store.get(order.id)
    assert found is not None
    assert (found.state, found.attempt) == (OrderState.READY, 1)


async def test_only_what_a_barista_has_prepared_itself_is_measured(shop: Shop) -> None:
    prepared, canceled, elsewhere = [await shop.placed() for _ in range(3)]
    await shop.store.replace(canceled, advance(canceled, OrderState.CANCELED, NOON))
    await shop.barista().take(ticket_for(elsewhere))
    barista = shop.barista()

    for order in (prepared, prepared, canceled, elsewhere):
        assert await barista.take(ticket_for(order)) == Done()

    assert barista.progress.prepared == 1
