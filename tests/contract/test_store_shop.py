"""What staff set for the whole shop, and the heartbeats of its processes."""

from __future__ import annotations

import asyncio
import datetime as dt
from dataclasses import replace

from shared.domain.shop import (
    CashierHeartbeat,
    NotifierHeartbeat,
    ShopState,
    ShopStatus,
    WorkerHeartbeat,
)
from shared.store.contract import Store, ValueKey
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


async def test_opening_again_clears_the_reason_and_keeps_what_is_sold_out(store: Store) -> None:
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


async def test_sizes_and_modifiers_are_sold_out_beside_items(
    store: Store, second_store: Store
) -> None:
    for what in ("latte", "latte/large", "+oat-milk"):
        await store.set_sold_out(what, sold_out=True)
    await second_store.set_sold_out("latte", sold_out=False)
    assert (await store.status()).sold_out == {"latte/large", "+oat-milk"}


async def test_a_worker_is_alive_until_its_time_is_over(store: Store) -> None:
    beat = WorkerHeartbeat("ada", 4, SOON)
    await store.record_heartbeat(beat)

    assert await store.worker_heartbeats(NOON) == [beat]
    assert await store.worker_heartbeats(SOON - dt.timedelta(microseconds=1)) == [beat]
    assert await store.worker_heartbeats(SOON) == []


async def test_a_heartbeat_replaces_the_one_before(store: Store, second_store: Store) -> None:
    later = WorkerHeartbeat("ada", 2, SOON + dt.timedelta(seconds=10))
    await store.record_heartbeat(WorkerHeartbeat("ada", 4, SOON))
    await store.record_heartbeat(later)

    assert await second_store.worker_heartbeats(SOON) == [later]


async def test_a_worker_whose_heartbeat_was_removed_is_gone(store: Store) -> None:
    for worker in ("ada", "grace"):
        await store.record_heartbeat(WorkerHeartbeat(worker, 1, SOON))
    await store.remove_heartbeat(WorkerHeartbeat, "ada")
    await store.remove_heartbeat(WorkerHeartbeat, "nobody")

    assert [beat.worker for beat in await store.worker_heartbeats(NOON)] == ["grace"]


async def test_a_heartbeat_has_the_progress_of_the_worker_and_how_busy_and_how_fast_it_is(
    store: Store,
) -> None:
    beat = WorkerHeartbeat(
        "ada",
        4,
        SOON,
        newest_ticket_at=NOON,
        in_hand=3,
        prepared=10,
        prep_seconds=4.125,
        sqs_requests=70,
        sns_requests=20,
        waiting_since=NOON,
    )
    for line in (beat, replace(beat, waiting_since=None)):
        await store.record_heartbeat(line)
        assert await store.worker_heartbeats(NOON) == [line]


async def test_a_cashiers_last_heartbeat_stays_until_it_is_removed(
    store: Store, second_store: Store
) -> None:
    assert await store.cashier_heartbeats() == []
    await store.record_heartbeat(CashierHeartbeat("north", NOON))
    await store.record_heartbeat(CashierHeartbeat("south", NOON, unannounced_since=NOON))
    await store.record_heartbeat(CashierHeartbeat("north", SOON))
    expected = [
        CashierHeartbeat("north", SOON),
        CashierHeartbeat("south", NOON, unannounced_since=NOON),
    ]
    assert await second_store.cashier_heartbeats() == expected

    await store.remove_heartbeat(CashierHeartbeat, "south")
    await store.remove_heartbeat(CashierHeartbeat, "nobody")
    assert await second_store.cashier_heartbeats() == expected[:1]


async def test_of_several_that_take_over_a_cashiers_heartbeat_one_does(
    store: Store, second_store: Store
) -> None:
    gone = CashierHeartbeat("north", NOON)
    await store.record_heartbeat(gone)
    takers = [CashierHeartbeat("north", SOON, unannounced_since=NOON) for _ in range(6)]
    stores = [store, second_store] * 3
    taken = await asyncio.gather(
        *(one.replace_heartbeat(gone, after) for one, after in zip(stores, takers, strict=True))
    )
    assert sorted(taken) == [False] * 5 + [True]
    assert await store.cashier_heartbeats() == [takers[0]]


async def test_a_heartbeat_that_was_taken_over_is_not_deleted_by_who_held_it_before(
    store: Store,
) -> None:
    gone, taken = CashierHeartbeat("north", NOON), CashierHeartbeat("north", SOON)
    await store.record_heartbeat(taken)
    assert not await store.replace_heartbeat(gone, None)
    assert await store.cashier_heartbeats() == [taken]
    assert await store.replace_heartbeat(taken, None)
    assert await store.cashier_heartbeats() == []
    assert not await store.replace_heartbeat(taken, gone)


async def test_a_notifiers_heartbeat_stays_until_it_is_removed_as_it_was_seen(
    store: Store, second_store: Store
) -> None:
    assert await store.notifier_heartbeats() == []
    gone, alive = NotifierHeartbeat("one", NOON), NotifierHeartbeat("two", NOON)
    for beat in (alive, gone, replace(alive, at=SOON)):
        await store.record_heartbeat(beat)
    assert await second_store.notifier_heartbeats() == [gone, replace(alive, at=SOON)]

    assert not await second_store.replace_heartbeat(alive, None)
    assert await second_store.replace_heartbeat(gone, None)
    assert await store.notifier_heartbeats() == [replace(alive, at=SOON)]
    await store.remove_heartbeat(NotifierHeartbeat, "two")
    assert await store.notifier_heartbeats() == []


async def test_one_shop_does_not_see_the_staff_and_the_state_of_another(
    store: Store, open_shop: OpenStore, shop_id: str
) -> None:
    await store.record_heartbeat(WorkerHeartbeat("ada", 1, SOON))
    await store.record_heartbeat(CashierHeartbeat("north", NOON))
    await store.record_heartbeat(NotifierHeartbeat("one", NOON))
    await store.set_state(ShopState.CLOSED, None, None)
    await store.set_sold_out("tea", sold_out=True)

    async with open_shop(f"{shop_id}-elsewhere") as elsewhere:
        assert await elsewhere.worker_heartbeats(NOON) == []
        assert await elsewhere.cashier_heartbeats() == []
        assert await elsewhere.notifier_heartbeats() == []
        assert await elsewhere.status() == ShopStatus()


async def test_a_store_within_reach_passes_its_check(store: Store) -> None:
    await store.check()


async def test_the_secret_of_order_ids_is_the_one_that_was_recorded_first(
    store: Store, second_store: Store
) -> None:
    assert await store.get_or_set_value(ValueKey.ORDER_ID_SECRET, "first") == "first"
    assert await second_store.get_or_set_value(ValueKey.ORDER_ID_SECRET, "second") == "first"
    assert await store.get_or_set_value(ValueKey.ORDER_ID_SECRET, "third") == "first"
