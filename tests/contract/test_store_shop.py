"""What staff set for the whole shop, and who is at work."""

from __future__ import annotations

import datetime as dt

from shared.domain.shop import Shift, ShopState, ShopStatus, SignOfLife
from shared.store.contract import Store
from tests.contract.conftest import OpenStore
from tests.contract.orders import NOON

SOON = NOON + dt.timedelta(seconds=10)


async def test_a_new_shop_is_open_and_has_everything(store: Store) -> None:
    assert await store.status() == ShopStatus()


async def test_the_state_is_seen_by_every_process(store: Store, second_store: Store) -> None:
    await store.set_state(ShopState.PAUSED, "the machine is being cleaned", SOON)

    assert await second_store.status() == ShopStatus(
        ShopState.PAUSED, "the machine is being cleaned", SOON
    )


async def test_opening_again_forgets_the_reason_and_keeps_what_is_sold_out(store: Store) -> None:
    await store.set_sold_out("croissant", sold_out=True)
    await store.set_state(ShopState.CLOSED, "holiday", SOON)
    await store.set_state(ShopState.OPEN, None, None)

    assert await store.status() == ShopStatus(sold_out=frozenset({"croissant"}))


async def test_items_are_sold_out_until_they_are_put_back(store: Store) -> None:
    for item in ("croissant", "banana-bread", "croissant"):
        await store.set_sold_out(item, sold_out=True)
    assert (await store.status()).sold_out == {"croissant", "banana-bread"}

    for item in ("croissant", "croissant", "never-sold-out"):
        await store.set_sold_out(item, sold_out=False)
    assert (await store.status()).sold_out == {"banana-bread"}

    await store.set_sold_out("banana-bread", sold_out=False)
    assert await store.status() == ShopStatus()


async def test_a_barista_is_on_shift_until_its_time_is_over(store: Store) -> None:
    shift = Shift("ada", 4, SOON)
    await store.clock_in(shift)

    assert await store.on_shift(NOON) == [shift]
    assert await store.on_shift(SOON - dt.timedelta(microseconds=1)) == [shift]
    assert await store.on_shift(SOON) == []


async def test_clocking_in_again_writes_over_the_shift_before(
    store: Store, second_store: Store
) -> None:
    later = Shift("ada", 2, SOON + dt.timedelta(seconds=10))
    await store.clock_in(Shift("ada", 4, SOON))
    await store.clock_in(later)

    assert await second_store.on_shift(SOON) == [later]


async def test_a_barista_that_clocks_out_is_gone(store: Store) -> None:
    for barista in ("ada", "grace"):
        await store.clock_in(Shift(barista, 1, SOON))
    await store.clock_out("ada")
    await store.clock_out("nobody")

    assert [shift.barista for shift in await store.on_shift(NOON)] == ["grace"]


async def test_a_shift_tells_how_far_down_the_line_the_barista_is_how_busy_and_how_fast(
    store: Store,
) -> None:
    shift = Shift("ada", 4, SOON, head=NOON, in_hand=3, prepared=10, prep_seconds=4.125)
    await store.clock_in(shift)

    assert await store.on_shift(NOON) == [shift]


async def test_a_cashier_is_signed_in_as_it_last_said_until_it_signs_out(
    store: Store, second_store: Store
) -> None:
    assert await store.signed_in() == []
    await store.sign_in(SignOfLife("north", NOON))
    await store.sign_in(SignOfLife("south", NOON, untold_since=NOON))
    await store.sign_in(SignOfLife("north", SOON))
    expected = [SignOfLife("north", SOON), SignOfLife("south", NOON, untold_since=NOON)]
    assert await second_store.signed_in() == expected

    await store.sign_out("south")
    await store.sign_out("nobody")
    assert await second_store.signed_in() == expected[:1]


async def test_one_shop_does_not_see_the_staff_and_the_state_of_another(
    store: Store, open_shop: OpenStore, shop_id: str
) -> None:
    await store.clock_in(Shift("ada", 1, SOON))
    await store.sign_in(SignOfLife("north", NOON))
    await store.set_state(ShopState.CLOSED, None, None)
    await store.set_sold_out("tea", sold_out=True)

    async with open_shop(f"{shop_id}-elsewhere") as elsewhere:
        assert await elsewhere.on_shift(NOON) == []
        assert await elsewhere.signed_in() == []
        assert await elsewhere.status() == ShopStatus()


async def test_a_store_within_reach_passes_its_check(store: Store) -> None:
    await store.check()


async def test_the_secret_of_order_ids_is_the_one_that_was_recorded_first(
    store: Store, second_store: Store
) -> None:
    assert await store.order_id_secret("first") == "first"
    assert await second_store.order_id_secret("second") == "first"
    assert await store.order_id_secret("third") == "first"
