"""Topics, the issues published to them, and the values that all notifiers have in common."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from notifier.store.contract import NotifierStore
from shared.store.contract import ValueKey
from tests.contract.conftest import OpenNotifierStore
from tests.contract.orders import NOON
from tests.contract.subscribers import SECOND, in_isolation, issue


async def test_topics_are_listed_by_name_as_they_were_last_described(
    notifier: NotifierStore, second_notifier: NotifierStore
) -> None:
    assert await notifier.topics() == {}
    assert await notifier.put_topic("weekend-brunch", "Saturdays")
    assert await notifier.put_topic("beans", "What is in the grinder")
    assert not await second_notifier.put_topic("weekend-brunch", "Saturdays and Sundays")

    topics = await notifier.topics()
    assert list(topics.items()) == [
        ("beans", "What is in the grinder"),
        ("weekend-brunch", "Saturdays and Sundays"),
    ]


@in_isolation
async def test_of_many_that_record_a_topic_at_once_it_is_new_to_one(
    notifier: NotifierStore, second_notifier: NotifierStore
) -> None:
    stores = [notifier, second_notifier] * 3
    new = await asyncio.gather(*(store.put_topic("beans", "The same") for store in stores))

    assert new.count(True) == 1
    assert await notifier.topics() == {"beans": "The same"}


async def test_issues_are_listed_from_the_oldest_on_until_they_are_announced(
    notifier: NotifierStore, second_notifier: NotifierStore
) -> None:
    first, second, third = [issue(f"issue-{age}", NOON + age * SECOND) for age in (1, 2, 3)]
    for accepted in (third, first, second):
        await notifier.add_issue(accepted)
    assert await second_notifier.unannounced_issues(10) == [first, second, third]
    assert await second_notifier.unannounced_issues(2) == [first, second]

    await second_notifier.issue_announced(second.id)
    await second_notifier.issue_announced("unknown")

    assert await notifier.unannounced_issues(10) == [first, third]
    assert await notifier.is_announced(second.id)
    assert not await notifier.is_announced(first.id)
    assert not await notifier.is_announced("unknown")


async def test_an_issue_is_read_by_its_id_before_and_after_it_is_announced(
    notifier: NotifierStore, second_notifier: NotifierStore
) -> None:
    assert await second_notifier.issue("issue-1") is None
    await notifier.add_issue(issue("issue-1"))
    assert await second_notifier.issue("issue-1") == issue("issue-1")
    await notifier.issue_announced("issue-1")
    assert await second_notifier.issue("issue-1") == issue("issue-1")


async def test_issues_are_listed_the_newest_first_announced_or_not(
    notifier: NotifierStore, second_notifier: NotifierStore
) -> None:
    first, second, third = [issue(f"issue-{age}", NOON + age * SECOND) for age in (1, 2, 3)]
    for accepted in (second, third, first):
        await notifier.add_issue(accepted)
    await notifier.issue_announced(second.id)
    assert await second_notifier.issues() == [third, second, first]


async def test_an_issue_can_be_withdrawn_once_and_only_before_it_is_to_be_announced(
    notifier: NotifierStore, second_notifier: NotifierStore
) -> None:
    held, due, announced = [issue(f"issue-{age}", NOON + age * SECOND) for age in (3, 1, 2)]
    for accepted in (held, due, announced):
        await notifier.add_issue(accepted)
    await notifier.issue_announced(announced.id)
    assert not await second_notifier.withdraw_issue(due.id, NOON + SECOND)
    assert not await second_notifier.withdraw_issue(announced.id, NOON)
    assert not await second_notifier.withdraw_issue("unknown", NOON)
    assert await second_notifier.withdraw_issue(held.id, NOON + 2 * SECOND)
    assert not await second_notifier.withdraw_issue(held.id, NOON + 2 * SECOND)
    withdrawn = replace(held, withdrawn=True)
    assert await notifier.issue(held.id) == withdrawn
    assert await notifier.add_issue(held) == withdrawn
    assert await notifier.issues() == [announced, due]
    assert await notifier.unannounced_issues(10) == [due]


async def test_an_issue_that_is_added_again_stays_the_first(
    notifier: NotifierStore, second_notifier: NotifierStore
) -> None:
    first, other = issue("issue-1"), issue("issue-1", NOON + SECOND)
    assert await notifier.add_issue(first) == first
    assert await second_notifier.add_issue(other) == first
    await notifier.issue_announced("issue-1")
    assert await second_notifier.add_issue(other) == first


async def test_an_issue_that_was_announced_stays_so_when_it_is_added_again(
    notifier: NotifierStore,
) -> None:
    await notifier.add_issue(issue("issue-1"))
    await notifier.issue_announced("issue-1")
    await notifier.add_issue(issue("issue-1"))

    assert await notifier.unannounced_issues(10) == []


@pytest.mark.parametrize("key", ValueKey)
async def test_a_candidate_is_recorded_only_when_there_is_no_value(
    notifier: NotifierStore, second_notifier: NotifierStore, key: ValueKey
) -> None:
    assert await notifier.value(key) is None
    assert await notifier.get_or_set_value(key, "first") == "first"
    assert await second_notifier.get_or_set_value(key, "second") == "first"
    assert await notifier.get_or_set_value(key, "third") == "first"
    assert await second_notifier.value(key) == "first"


@pytest.mark.parametrize("key", ValueKey)
async def test_a_value_is_the_one_that_was_set_last(
    notifier: NotifierStore, second_notifier: NotifierStore, key: ValueKey
) -> None:
    await notifier.set_value(key, "first")
    await second_notifier.set_value(key, "second")
    assert await notifier.value(key) == "second"
    assert {await notifier.value(other) for other in ValueKey if other is not key} == {None}


async def test_a_notifier_store_within_reach_passes_its_check(notifier: NotifierStore) -> None:
    await notifier.check()


async def test_one_shop_does_not_see_the_topics_of_another(
    notifier: NotifierStore, open_notifier: OpenNotifierStore, shop_id: str
) -> None:
    await notifier.put_topic("beans", "What is in the grinder")
    await notifier.add_issue(issue("issue-1"))
    for key in ValueKey:
        await notifier.set_value(key, "ours")

    async with open_notifier(f"{shop_id}-elsewhere") as elsewhere:
        assert await elsewhere.topics() == {}
        assert await elsewhere.unannounced_issues(10) == []
        for key in ValueKey:
            assert await elsewhere.get_or_set_value(key, "theirs") == "theirs"
        await elsewhere.issue_announced("issue-1")
    assert await notifier.unannounced_issues(10) == [issue("issue-1")]
