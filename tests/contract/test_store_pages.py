"""Lists of orders: pages, and those still open."""

from __future__ import annotations

import base64
import datetime as dt
from collections.abc import Iterable

import pytest

from shared.domain.order import OPEN_STATES, Order, OrderState
from shared.store.contract import InvalidCursorError, Store
from tests.contract.conftest import OpenStore
from tests.contract.orders import NOON, TODAY, NewOrder, ids, moved, orders_of


async def placed(store: Store, order: Order, *states: OrderState) -> Order:
    """Record an order that has gone through `states`."""
    recorded = (await store.place(order, TODAY)).order
    after = moved(recorded, *states)
    if states:
        await store.replace(recorded, after)
    return after


class KnownIds(set[str]):
    """Ids that are known, and a record of those that were looked up."""

    def __init__(self, known: Iterable[str]) -> None:
        super().__init__(known)
        self.looked_up: list[str] = []

    def __contains__(self, order_id: object) -> bool:
        self.looked_up.append(str(order_id))
        return super().__contains__(order_id)


async def all_pages(store: Store, state: OrderState | None, limit: int) -> list[Order]:
    orders: list[Order] = []
    cursor: str | None = None
    while True:
        page = await store.page(state, limit, cursor)
        assert len(page.orders) <= limit
        orders += page.orders
        cursor = page.next_cursor
        if cursor is None:
            return orders


async def test_pages_run_from_the_newest_order_to_the_oldest(
    store: Store, new_order: NewOrder
) -> None:
    minutes = [7, 3, 11, 3000, 0, 20000, 5]
    orders = {
        back: await placed(store, new_order(NOON - dt.timedelta(minutes=back))) for back in minutes
    }
    expected = [orders[back] for back in sorted(minutes)]

    assert (await store.page(None, 100, None)).orders == expected
    for limit in (1, 2, 3, 7):
        assert await all_pages(store, None, limit) == expected


async def test_the_last_page_has_no_cursor_even_when_it_is_full(
    store: Store, new_order: NewOrder
) -> None:
    for _ in range(2):
        await placed(store, new_order())

    assert (await store.page(None, 2, None)).next_cursor is None


async def test_orders_of_one_moment_are_each_on_one_page(store: Store, new_order: NewOrder) -> None:
    orders = [await placed(store, new_order()) for _ in range(5)]

    listed = ids(await all_pages(store, None, 2))

    assert sorted(listed) == sorted(ids(orders))
    assert listed == sorted(listed, reverse=True)


async def test_a_new_order_does_not_shift_the_next_page(store: Store, new_order: NewOrder) -> None:
    oldest = await placed(store, new_order(NOON - dt.timedelta(minutes=2)))
    middle = await placed(store, new_order(NOON - dt.timedelta(minutes=1)))
    first = await store.page(None, 1, None)
    await placed(store, new_order())

    second = await store.page(None, 1, first.next_cursor)

    assert ids(first.orders) == [middle.id]
    assert ids(second.orders) == [oldest.id]


@pytest.mark.parametrize("state", [OrderState.PREPARING, OrderState.CANCELED])
async def test_a_page_can_be_of_one_state(
    store: Store, new_order: NewOrder, state: OrderState
) -> None:
    wanted = []
    for back in range(4):
        at = NOON - dt.timedelta(hours=back)
        await placed(store, new_order(at))
        wanted.append(await placed(store, new_order(at), state))

    assert await all_pages(store, state, 3) == wanted
    assert await all_pages(store, OrderState.EXPIRED, 3) == []


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "garbage",
        "äöü",
        base64.urlsafe_b64encode(b"no time at all").decode(),
        base64.urlsafe_b64encode(b"2026-11-20T12:00:00.000000+00:00").decode(),
        base64.urlsafe_b64encode(b"2026-11-20T12:00:00 order").decode(),
        base64.urlsafe_b64encode(b"\xff\xff").decode(),
    ],
)
async def test_a_cursor_that_did_not_come_with_a_page_is_refused(store: Store, cursor: str) -> None:
    with pytest.raises(InvalidCursorError):
        await store.page(None, 10, cursor)


async def test_an_order_stays_open_until_it_is_closed(store: Store, new_order: NewOrder) -> None:
    order = (await store.place(new_order(), TODAY)).order
    for state in (OrderState.PREPARING, OrderState.READY, OrderState.COLLECTED):
        assert await store.open_orders(OPEN_STATES, 10) == [order]
        order, before = moved(order, state), order
        await store.replace(before, order)

    assert await store.open_orders(OPEN_STATES, 10) == []


async def test_a_redriven_order_is_open_again(store: Store, new_order: NewOrder) -> None:
    failed = await placed(store, new_order(), OrderState.FAILED)
    assert await store.open_orders(OPEN_STATES, 10) == []

    await store.replace(failed, moved(failed, OrderState.PLACED))

    assert ids(await store.open_orders({OrderState.PLACED}, 10)) == [failed.id]


async def test_open_orders_are_of_the_states_asked_for_and_the_newest_come_first(
    store: Store, new_order: NewOrder
) -> None:
    ready, preparing, waiting = [
        await placed(store, new_order(NOON - dt.timedelta(minutes=count)), *states)
        for count, states in enumerate(
            [(OrderState.PREPARING, OrderState.READY), (OrderState.PREPARING,), ()]
        )
    ]

    assert await store.open_orders(OPEN_STATES, 10) == [ready, preparing, waiting]
    assert await store.open_orders(OPEN_STATES, 2) == [ready, preparing]
    assert await store.open_orders({OrderState.PLACED, OrderState.READY}, 10) == [ready, waiting]
    assert await store.open_orders({OrderState.PLACED}, 1) == [waiting]
    assert await store.open_orders(set(), 10) == []


async def test_open_orders_can_be_listed_from_the_oldest_on(
    store: Store, new_order: NewOrder
) -> None:
    newest, ready, oldest = [
        await placed(store, new_order(NOON - dt.timedelta(minutes=count)), *states)
        for count, states in enumerate([(), (OrderState.PREPARING, OrderState.READY), ()])
    ]
    waiting = {OrderState.PLACED, OrderState.PREPARING}

    listed = await store.open_orders(waiting, 10, oldest_first=True)

    assert listed == [oldest, newest]
    assert await store.open_orders(waiting, 1, oldest_first=True) == [oldest]
    assert ready in await store.open_orders(OPEN_STATES, 10, oldest_first=True)


async def test_many_orders_are_read_at_once_as_of_their_last_write(
    store: Store, new_order: NewOrder
) -> None:
    orders = [await placed(store, new_order()) for _ in range(120)]
    last = moved(orders[-1], OrderState.PREPARING)
    await store.replace(orders[-1], last)
    wanted = [*ids(orders), orders[0].id, "of no order"]

    found = {order.id: order for order in await store.orders_by_id(wanted)}

    assert found == {order.id: order for order in [*orders[:-1], last]}
    assert await store.orders_by_id([]) == []


async def test_one_shop_does_not_list_the_orders_of_another(
    store: Store, open_shop: OpenStore, shop_id: str, new_order: NewOrder
) -> None:
    ours = await placed(store, new_order())
    async with open_shop(f"{shop_id}-elsewhere") as elsewhere:
        theirs = await placed(elsewhere, orders_of(f"{shop_id}-elsewhere")())

        for shop, order in ((store, ours), (elsewhere, theirs)):
            assert ids((await shop.page(None, 10, None)).orders) == [order.id]
            assert ids((await shop.page(OrderState.PLACED, 10, None)).orders) == [order.id]
            assert ids(await shop.open_orders(OPEN_STATES, 10)) == [order.id]
            assert ids(await shop.oldest_open_orders((), 10)) == [order.id]


async def test_the_oldest_open_orders_come_first_and_known_ones_are_left_out(
    store: Store, new_order: NewOrder
) -> None:
    newest, ready, oldest = [
        await placed(store, new_order(NOON - dt.timedelta(minutes=count)), *states)
        for count, states in enumerate([(), (OrderState.PREPARING, OrderState.READY), ()])
    ]
    await placed(store, new_order(NOON - dt.timedelta(hours=1)), OrderState.CANCELED)

    assert await store.oldest_open_orders((), 10) == [oldest, ready, newest]
    assert await store.oldest_open_orders((), 2) == [oldest, ready]
    assert await store.oldest_open_orders({ready.id}, 2) == [oldest, newest]
    assert await store.oldest_open_orders({ready.id, oldest.id, newest.id}, 2) == []


async def test_every_open_order_that_is_passed_is_looked_up_once_in_the_known_ones(
    store: Store, new_order: NewOrder
) -> None:
    orders = [await placed(store, new_order(NOON - dt.timedelta(minutes=n))) for n in range(4)]
    await placed(store, new_order(), OrderState.CANCELED)
    known = KnownIds({orders[0].id, orders[2].id})

    assert await store.oldest_open_orders(known, 10) == [orders[3], orders[1]]

    assert known.looked_up == ids(orders[::-1])


async def test_orders_are_listed_by_the_time_of_their_placing_the_oldest_first_page_by_page(
    store: Store, new_order: NewOrder
) -> None:
    times = [NOON + dt.timedelta(hours=5 * number) for number in range(8)]  # over two days
    orders = [await placed(store, new_order(at)) for at in times]
    listed: list[Order] = []
    while page := await store.orders_placed(times[1], times[6], 2, listed[-1] if listed else None):
        assert len(page) <= 2
        listed += page
    assert ids(listed) == ids(orders[1:6])
    assert await store.orders_placed(times[7] + dt.timedelta(1), times[7], 2) == []


async def test_orders_placed_at_one_time_are_each_listed_once(
    store: Store, new_order: NewOrder
) -> None:
    orders = [await placed(store, new_order(NOON)) for _ in range(5)]
    later = NOON + dt.timedelta(seconds=1)
    first = await store.orders_placed(NOON, later, 3)
    rest = await store.orders_placed(NOON, later, 3, first[-1])
    assert sorted(ids([*first, *rest])) == sorted(ids(orders))
    assert await store.orders_placed(NOON, NOON, 3) == []
