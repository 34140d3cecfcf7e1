"""How often an address may be asked: so many places, each free again when its time is over."""

from __future__ import annotations

import asyncio
import datetime as dt

from shared.store.subscription_contract import NotifierStore
from tests.contract.conftest import OpenNotifierStore
from tests.contract.orders import NOON
from tests.contract.subscribers import SECOND, in_isolation

DAY = dt.timedelta(days=1)


async def test_there_are_so_many_places_and_each_is_taken_once(
    notifier: NotifierStore, second_notifier: NotifierStore
) -> None:
    taken = [
        await store.take_question("ada", NOON + age * SECOND, places=3, hold=DAY)
        for age, store in enumerate((notifier, second_notifier, notifier))
    ]
    assert sorted(place for place in taken if place is not None) == [0, 1, 2]
    assert await notifier.take_question("ada", NOON + 9 * SECOND, places=3, hold=DAY) is None


async def test_a_place_is_free_again_when_its_time_is_over(notifier: NotifierStore) -> None:
    assert await notifier.take_question("ada", NOON, places=1, hold=DAY) == 0
    assert await notifier.take_question("ada", NOON + DAY - SECOND, places=1, hold=DAY) is None
    assert await notifier.take_question("ada", NOON + DAY, places=1, hold=DAY) == 0


async def test_a_place_is_free_again_when_it_was_given_back(
    notifier: NotifierStore, second_notifier: NotifierStore
) -> None:
    for _ in range(2):
        assert await notifier.take_question("ada", NOON, places=1, hold=DAY) == 0
        await second_notifier.give_question_back("ada", 0)


async def test_no_address_takes_anything_from_another(
    notifier: NotifierStore, open_notifier: OpenNotifierStore, shop_id: str
) -> None:
    for address in ("ada", "grace"):
        assert await notifier.take_question(address, NOON, places=1, hold=DAY) == 0
    async with open_notifier(f"{shop_id}-elsewhere") as elsewhere:
        assert await elsewhere.take_question("ada", NOON, places=1, hold=DAY) == 0


@in_isolation
async def test_of_many_that_ask_at_once_as_many_may_as_there_are_places(
    notifier: NotifierStore, second_notifier: NotifierStore
) -> None:
    taken = await asyncio.gather(
        *(
            store.take_question("ada", NOON, places=3, hold=DAY)
            for store in [notifier, second_notifier] * 5
        )
    )
    assert sorted(place for place in taken if place is not None) == [0, 1, 2]
