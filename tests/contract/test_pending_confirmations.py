"""A key has a limit of pending confirmation requests; each lapses after its lifetime."""

from __future__ import annotations

import asyncio
import datetime as dt

from notifier.store.contract import NotifierStore
from tests.contract.conftest import OpenNotifierStore
from tests.contract.orders import NOON
from tests.contract.subscribers import SECOND, in_isolation

DAY = dt.timedelta(days=1)


async def test_no_more_requests_are_reserved_than_the_limit(
    notifier: NotifierStore, second_notifier: NotifierStore
) -> None:
    for age, store in enumerate((notifier, second_notifier, notifier)):
        assert await store.reserve_confirmation(
            "ada", f"s{age}", NOON + age * SECOND, limit=3, lifetime=DAY
        )
    assert not await notifier.reserve_confirmation(
        "ada", "s3", NOON + 9 * SECOND, limit=3, lifetime=DAY
    )


async def test_a_request_is_free_again_after_its_lifetime(notifier: NotifierStore) -> None:
    assert await notifier.reserve_confirmation("ada", "s1", NOON, limit=1, lifetime=DAY)
    almost = NOON + DAY - SECOND
    assert not await notifier.reserve_confirmation("ada", "s2", almost, limit=1, lifetime=DAY)
    assert await notifier.reserve_confirmation("ada", "s2", NOON + DAY, limit=1, lifetime=DAY)


async def test_a_subscription_keeps_the_request_that_it_has_reserved(
    notifier: NotifierStore, second_notifier: NotifierStore
) -> None:
    for store in (notifier, second_notifier):
        assert await store.reserve_confirmation("ada", "s1", NOON, limit=2, lifetime=DAY)
    assert await notifier.reserve_confirmation("ada", "s2", NOON, limit=2, lifetime=DAY)


async def test_a_request_is_free_again_when_it_was_released(
    notifier: NotifierStore, second_notifier: NotifierStore
) -> None:
    for subscription in ("s1", "s2"):
        assert await notifier.reserve_confirmation("ada", subscription, NOON, limit=1, lifetime=DAY)
        await second_notifier.release_confirmation("ada", subscription)
        await notifier.release_confirmation("ada", subscription)


async def test_nobody_releases_the_request_of_another(
    notifier: NotifierStore, second_notifier: NotifierStore
) -> None:
    assert await notifier.reserve_confirmation("ada", "s1", NOON, limit=1, lifetime=DAY)
    await second_notifier.release_confirmation("ada", "s2")
    await second_notifier.release_confirmation("grace", "s1")
    assert not await notifier.reserve_confirmation("ada", "s2", NOON, limit=1, lifetime=DAY)


async def test_each_address_in_each_shop_has_a_limit_of_its_own(
    notifier: NotifierStore, open_notifier: OpenNotifierStore, shop_id: str
) -> None:
    for address in ("ada", "grace"):
        assert await notifier.reserve_confirmation(address, "s1", NOON, limit=1, lifetime=DAY)
    async with open_notifier(f"{shop_id}-elsewhere") as elsewhere:
        assert await elsewhere.reserve_confirmation("ada", "s2", NOON, limit=1, lifetime=DAY)


@in_isolation
async def test_of_many_that_reserve_at_once_as_many_succeed_as_the_limit(
    notifier: NotifierStore, second_notifier: NotifierStore
) -> None:
    reserved = await asyncio.gather(
        *(
            store.reserve_confirmation("ada", f"s{count}", NOON, limit=3, lifetime=DAY)
            for count, store in enumerate([notifier, second_notifier] * 5)
        )
    )
    assert reserved.count(True) == 3


async def test_a_request_that_lapsed_is_free_whichever_it_is(notifier: NotifierStore) -> None:
    for age in range(3):
        at = NOON + age * SECOND
        assert await notifier.reserve_confirmation("ada", f"s{age}", at, limit=3, lifetime=DAY)
    later = NOON + DAY + SECOND
    for number in range(3, 5):
        assert await notifier.reserve_confirmation(
            "ada", f"s{number}", later, limit=3, lifetime=DAY
        )
    assert not await notifier.reserve_confirmation("ada", "s5", later, limit=3, lifetime=DAY)


async def test_a_key_is_used_no_more_often_than_its_limit_in_a_period(
    notifier: NotifierStore, second_notifier: NotifierStore
) -> None:
    for store in (notifier, second_notifier):
        assert await store.count_use("mail", NOON, limit=2, period=DAY)
    almost = NOON + DAY - SECOND
    assert not await second_notifier.count_use("mail", almost, limit=2, period=DAY)
    assert await notifier.count_use("challenges", almost, limit=2, period=DAY)
    for _ in range(2):
        assert await notifier.count_use("mail", NOON + DAY, limit=2, period=DAY)
    assert not await notifier.count_use("mail", NOON + DAY, limit=2, period=DAY)


async def test_a_use_can_be_taken_back(notifier: NotifierStore) -> None:
    await notifier.uncount_use("mail")
    assert await notifier.count_use("mail", NOON, limit=1, period=DAY)
    for _ in range(2):
        await notifier.uncount_use("mail")
    assert await notifier.count_use("mail", NOON, limit=1, period=DAY)
    assert not await notifier.count_use("mail", NOON, limit=1, period=DAY)


@in_isolation
async def test_of_many_uses_at_once_as_many_count_as_the_limit(
    notifier: NotifierStore, second_notifier: NotifierStore
) -> None:
    used = await asyncio.gather(
        *(
            store.count_use("m", NOON, limit=3, period=DAY)
            for store in [notifier, second_notifier] * 5
        )
    )
    assert used.count(True) == 3
