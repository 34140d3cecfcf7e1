"""Placing orders, and the fence on changing them."""

from __future__ import annotations

import asyncio
import datetime as dt
import itertools
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.domain.order import Order, OrderState, advance, claim
from shared.store.contract import OrderChangedError, Store
from shared.store.dynamodb.store import DynamoDBStore
from shared.store.sqlite.store import SqliteStore
from tests.contract.orders import NOON, TODAY, NewOrder, any_order, in_isolation, moved

LATER = NOON + dt.timedelta(seconds=30)


async def test_a_new_order_gets_the_first_number_of_its_day(
    store: Store, new_order: NewOrder
) -> None:
    order = new_order()

    placement = await store.place(order, TODAY)

    assert placement.created
    assert placement.order == replace(order, number="001")
    assert await store.get(order.id) == placement.order


async def test_numbers_start_again_each_day(store: Store, new_order: NewOrder) -> None:
    tomorrow = TODAY + dt.timedelta(days=1)

    numbers = [
        (await store.place(new_order(), day)).order.number
        for day in (TODAY, TODAY, tomorrow, TODAY, tomorrow)
    ]

    assert numbers == ["001", "002", "001", "003", "002"]


async def test_each_shop_counts_for_itself(store: Store, new_order: NewOrder) -> None:
    await store.place(new_order(), TODAY)
    elsewhere = replace(new_order(), store_id=f"{new_order().store_id}-elsewhere")

    assert (await store.place(elsewhere, TODAY)).order.number == "001"


@in_isolation
async def test_numbers_never_repeat_between_two_stores_at_once(
    store: Store, second_store: Store, new_order: NewOrder
) -> None:
    placements = await asyncio.gather(
        *(each.place(new_order(), TODAY) for _ in range(15) for each in (store, second_store))
    )

    numbers = {placement.order.number for placement in placements}
    assert len(numbers) == 30
    assert all(placement.created for placement in placements)


async def test_a_second_place_returns_the_first_order(store: Store, new_order: NewOrder) -> None:
    order = new_order()
    first = (await store.place(order, TODAY)).order
    preparing = moved(first, OrderState.PREPARING)
    await store.replace(first, preparing)

    second = await store.place(replace(order, customer_name="Eve", fingerprint="other"), TODAY)

    assert not second.created
    assert second.order == preparing
    assert await store.get(order.id) == preparing
    assert await store.peek(order.id) == preparing


async def test_a_second_place_uses_no_number_up(store: Store, new_order: NewOrder) -> None:
    order = new_order()
    for _ in range(3):
        await store.place(order, TODAY)

    assert (await store.place(new_order(), TODAY)).order.number == "002"


@in_isolation
async def test_of_many_places_under_one_id_exactly_one_creates(
    store: Store, second_store: Store, new_order: NewOrder
) -> None:
    order = new_order()

    placements = await asyncio.gather(
        *(each.place(order, TODAY) for _ in range(10) for each in (store, second_store))
    )

    assert sum(placement.created for placement in placements) == 1
    assert len({placement.order.number for placement in placements}) == 1


async def test_an_unknown_order_is_none(store: Store) -> None:
    assert await store.get("nobody-knows") is None


async def test_of_an_id_longer_than_any_there_is_no_order(store: Store) -> None:
    assert await store.get("a" * 3000) is None


async def test_a_change_is_seen_by_the_other_store_at_once(
    store: Store, second_store: Store, new_order: NewOrder
) -> None:
    placed = (await store.place(new_order(), TODAY)).order
    preparing = claim(placed, "ticket", NOON, LATER)

    await store.replace(placed, preparing)

    assert await second_store.get(placed.id) == preparing


async def test_a_change_from_an_old_version_is_refused(store: Store, new_order: NewOrder) -> None:
    placed = (await store.place(new_order(), TODAY)).order
    canceled = moved(placed, OrderState.CANCELED)
    await store.replace(placed, canceled)

    with pytest.raises(OrderChangedError) as refused:
        await store.replace(placed, moved(placed, OrderState.PREPARING))

    assert refused.value.order_id == placed.id
    assert await store.get(placed.id) == canceled


async def test_a_change_from_an_old_attempt_is_refused(store: Store, new_order: NewOrder) -> None:
    placed = (await store.place(new_order(), TODAY)).order
    zombie = claim(placed, "ticket", NOON, LATER)
    await store.replace(placed, zombie)
    current = claim(zombie, "ticket", LATER, LATER)
    await store.replace(zombie, current)
    assert zombie.version == current.version

    with pytest.raises(OrderChangedError):
        await store.replace(zombie, advance(zombie, OrderState.READY, LATER))

    assert await store.get(placed.id) == current


async def test_an_order_that_was_never_placed_cannot_be_changed(
    store: Store, new_order: NewOrder
) -> None:
    order = new_order()

    with pytest.raises(OrderChangedError):
        await store.replace(order, moved(order, OrderState.PREPARING))

    assert await store.get(order.id) is None


@in_isolation
@pytest.mark.parametrize("tickets", ["different", "the same"])
async def test_of_many_claims_at_once_exactly_one_wins(
    store: Store, second_store: Store, new_order: NewOrder, tickets: str
) -> None:
    placed = (await store.place(new_order(), TODAY)).order
    claims = [
        claim(placed, "ticket" if tickets == "the same" else f"ticket-{count}", NOON, LATER)
        for count in range(20)
    ]
    stores = itertools.cycle((store, second_store))

    outcomes = await asyncio.gather(
        *(next(stores).replace(placed, claimed) for claimed in claims), return_exceptions=True
    )

    won = [claimed for claimed, outcome in zip(claims, outcomes, strict=True) if outcome is None]
    assert len(won) == 1
    assert sum(isinstance(outcome, OrderChangedError) for outcome in outcomes) == 19
    assert await store.get(placed.id) == won[0]


@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
async def test_every_order_comes_back_as_it_was_written(
    store: Store, new_order: NewOrder, data: st.DataObject
) -> None:
    blank: Order = new_order()

    placed = (await store.place(data.draw(any_order(blank)), TODAY)).order
    assert await store.get(blank.id) == placed

    after = data.draw(any_order(placed))
    await store.replace(placed, after)
    assert await store.get(blank.id) == after


async def test_orders_are_counted_by_when_they_were_placed(
    store: Store, new_order: NewOrder
) -> None:
    midnight = NOON + dt.timedelta(hours=12)
    for seconds in (-7200, -3600, -1, 0, 1800, 3600):
        order = new_order(midnight + dt.timedelta(seconds=seconds))
        await store.place(order, order.placed_at.date())

    async def counted(since: int, until: int) -> int:
        hour = dt.timedelta(hours=1)
        return await store.count_placed(midnight + since * hour, midnight + until * hour)

    assert [await counted(-1, 0), await counted(0, 1), await counted(-1, 1)] == [2, 2, 4]
    assert await counted(2, 3) == 0


async def test_a_change_is_told_once_and_by_the_store_that_recorded_it(
    store: Store, second_store: Store, new_order: NewOrder
) -> None:
    told: list[tuple[str, OrderState | None, OrderState]] = []

    def telling(name: str, opened: Store) -> Store:
        assert isinstance(opened, SqliteStore | DynamoDBStore)
        return replace(
            opened,
            on_order=lambda before, after: told.append(
                (name, before.state if before else None, after.state)
            ),
        )

    one, other = telling("one", store), telling("other", second_store)
    placed = (await one.place(new_order(), TODAY)).order
    await other.place(placed, TODAY)
    claimed = claim(placed, "a ticket", NOON, LATER)
    await other.replace(placed, claimed)
    with pytest.raises(OrderChangedError):
        await one.replace(placed, advance(placed, OrderState.CANCELED, LATER))
    assert told == [("one", None, "placed"), ("other", "placed", "preparing")]
