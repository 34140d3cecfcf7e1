"""How often an address may be asked: so many places, each free again when its time is over."""

from __future__ import annotations

import asyncio
import datetime as dt

from notifier.store.contract import NotifierStore
from tests.contract.conftest import OpenNotifierStore
from tests.contract.orders import NOON
from tests.contract.subscribers import SECOND, in_isolation

DAY = dt.timedelta(days=1)


async def test_there_are_so_many_places_and_each_is_taken_once(
    notifier: NotifierStore, second_notifier: NotifierStore
) -> None:
    for age, store in enumerate((notifier, second_notifier, notifier)):
        assert await store.reserve_confirmation(
            "ada", f"s{age}", NOON + age * SECOND, places=3, hold=DAY
        )
    assert not await notifier.reserve_confirmation(
        "ada", "s3", NOON + 9 * SECOND, places=3, hold=DAY
    )


async def test_a_place_is_free_again_when_its_time_is_over(notifier: NotifierStore) -> None:
    assert await notifier.reserve_confirmation("ada", "s1", NOON, places=1, hold=DAY)
    almost = NOON + DAY - SECOND
    assert not await notifier.reserve_confirmation("ada", "s2", almost, places=1, hold=DAY)
    assert await notifier.reserve_confirmation("ada", "s2", NOON + DAY, places=1, hold=DAY)


async def test_whoever_has_a_place_keeps_it(
    notifier: NotifierStore, second_notifier: NotifierStore
) -> None:
    for store in (notifier, second_notifier):
        assert await store.reserve_confirmation("ada", "s1", NOON, places=2, hold=DAY)
    assert await notifier.reserve_confirmation("ada", "s2", NOON, places=2, hold=DAY)


async def test_a_place_is_free_again_when_it_was_given_back(
    notifier: NotifierStore, second_notifier: NotifierStore
) -> None:
    for subscription in ("s1", "s2"):
        assert await notifier.reserve_confirmation("ada", subscription, NOON, places=1, hold=DAY)
        await second_notifier.release_confirmation("ada", subscription)
        await notifier.release_confirmation("ada", subscription)


async def test_nobody_gives_back_what_another_has(
    notifier: NotifierStore, second_notifier: NotifierStore
) -> None:
    assert await notifier.reserve_confirmation("ada", "s1", NOON, places=1, hold=DAY)
    await second_notifier.release_confirmation("ada", "s2")
    await second_notifier.release_confirmation("grace", "s1")
    assert not await notifier.reserve_confirmation("ada", "s2", NOON, places=1, hold=DAY)


async def test_no_address_takes_anything_from_another(
    notifier: NotifierStore, open_notifier: OpenNotifierStore, shop_id: str
) -> None:
    for address in ("ada", "grace"):
        assert await notifier.reserve_confirmation(address, "s1", NOON, places=1, hold=DAY)
    async with open_notifier(f"{shop_id}-elsewhere") as elsewhere:
        assert await elsewhere.reserve_confirmation("ada", "s2", NOON, places=1, hold=DAY)


@in_isolation
async def test_of_many_that_ask_at_once_as_many_may_as_there_are_places(
    notifier: NotifierStore, second_notifier: NotifierStore
) -> None:
    taken = await asyncio.gather(
        *(
            store.reserve_confirmation("ada", f"s{count}", NOON, places=3, hold=DAY)
            for count, store in enumerate([notifier, second_notifier] * 5)
        )
    )
    assert taken.count(True) == 3
