"""Forgotten customers stay forgotten, whoever writes their orders next; old orders are deleted."""

from __future__ import annotations

import asyncio
import datetime as dt

import pytest

from shared.domain.order import OrderState, claim
from shared.domain.order_copies import forget_customer
from shared.store.contract import OrderChangedError, Store
from tests.contract.orders import NOON, TODAY, NewOrder, in_isolation, moved

MINUTE = dt.timedelta(minutes=1)


async def test_a_forgotten_order_keeps_number_prices_and_states(
    store: Store, second_store: Store, new_order: NewOrder
) -> None:
    placed = (await store.place(new_order(), TODAY)).order
    await store.replace(placed, forget_customer(placed))

    found = await second_store.get(placed.id)

    assert found == forget_customer(placed)
    assert (found.customer_name, found.items[0].note, found.fingerprint) == ("forgotten", None, "")
    assert (found.number, found.total, found.timeline) == (
        *(placed.number, placed.total, placed.timeline),
    )


async def test_who_read_an_order_before_it_was_forgotten_moves_it_on_without_the_name(
    store: Store, second_store: Store, new_order: NewOrder
) -> None:
    placed = (await store.place(new_order(), TODAY)).order
    claimed = claim(placed, "ticket", NOON, NOON + MINUTE)
    await store.replace(placed, claimed)
    await second_store.replace(claimed, forget_customer(claimed))

    renewed = claim(claimed, "ticket", NOON, NOON + 2 * MINUTE)
    await store.replace(claimed, renewed)
    await store.replace(renewed, moved(renewed, OrderState.READY))

    assert await second_store.get(placed.id) == forget_customer(moved(renewed, OrderState.READY))


async def test_the_fence_holds_for_forgotten_orders_and_for_forgetting(
    store: Store, second_store: Store, new_order: NewOrder
) -> None:
    placed = (await store.place(new_order(), TODAY)).order
    canceled = moved(placed, OrderState.CANCELED)
    await store.replace(placed, canceled)
    with pytest.raises(OrderChangedError):
        await second_store.replace(placed, forget_customer(placed))
    assert await store.get(placed.id) == canceled

    await store.replace(canceled, forget_customer(canceled))
    with pytest.raises(OrderChangedError):
        await second_store.replace(placed, moved(placed, OrderState.PREPARING))
    assert await store.get(placed.id) == forget_customer(canceled)


@in_isolation
async def test_whichever_comes_first_of_forgetting_and_a_change_the_name_is_gone_in_the_end(
    store: Store, second_store: Store, new_order: NewOrder
) -> None:
    for _ in range(20):
        placed = (await store.place(new_order(), TODAY)).order
        canceled = moved(placed, OrderState.CANCELED)
        forgotten, _ = await asyncio.gather(
            second_store.replace(placed, forget_customer(placed)),
            store.replace(placed, canceled),
            return_exceptions=True,
        )
        if isinstance(forgotten, OrderChangedError):
            await second_store.replace(canceled, forget_customer(canceled))
        assert await store.get(placed.id) == forget_customer(canceled)


async def test_erasing_what_was_replaced_leaves_what_is_recorded(
    store: Store, new_order: NewOrder
) -> None:
    placed = (await store.place(new_order(), TODAY)).order
    await store.replace(placed, forget_customer(placed))
    await store.erase_replaced()
    assert await store.get(placed.id) == forget_customer(placed)


async def test_old_closed_orders_are_deleted_unless_they_expire_and_others_stay(
    store: Store, second_store: Store, new_order: NewOrder
) -> None:
    day = dt.timedelta(days=1)
    open_order, closed, recent = [
        (await store.place(new_order(placed_at=NOON - age * day), TODAY)).order
        for age in (40, 40, 1)
    ]
    for order in (closed, recent):
        await store.replace(order, moved(order, OrderState.CANCELED))

    deleted = await store.delete_closed_orders(NOON - 30 * day)

    assert await second_store.get(open_order.id) == open_order
    assert await second_store.get(recent.id) == moved(recent, OrderState.CANCELED)
    assert (await second_store.get(closed.id) is None) == (deleted == 1)
    assert await store.delete_closed_orders(NOON - 30 * day) == 0
