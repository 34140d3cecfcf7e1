"""Topics, the issues published to them, and the secret that all notifiers have in common."""

from __future__ import annotations

import asyncio

from notifier.store.contract import NotifierStore
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
async def test_of_many_that_record_a_topic_at_once_one_is_told_that_it_is_new(
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


async def test_whoever_adds_an_issue_again_is_given_the_first(
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


async def test_the_secret_of_links_is_the_one_that_was_recorded_first(
    notifier: NotifierStore, second_notifier: NotifierStore
) -> None:
    assert await notifier.link_secret("first") == "first"
    assert await second_notifier.link_secret("second") == "first"
    assert await notifier.link_secret("third") == "first"


async def test_the_mark_of_the_queue_is_the_one_that_was_recorded_last(
    notifier: NotifierStore, second_notifier: NotifierStore
) -> None:
    assert await notifier.queue_mark() is None
    await notifier.record_queue_mark("first")
    await second_notifier.record_queue_mark("second")
    assert await notifier.queue_mark() == "second"


async def test_a_notifier_store_within_reach_passes_its_check(notifier: NotifierStore) -> None:
    await notifier.check()


async def test_one_shop_does_not_see_the_topics_of_another(
    notifier: NotifierStore, open_notifier: OpenNotifierStore, shop_id: str
) -> None:
    await notifier.put_topic("beans", "What is in the grinder")
    await notifier.add_issue(issue("issue-1"))
    await notifier.link_secret("ours")
    await notifier.record_queue_mark("ours")

    async with open_notifier(f"{shop_id}-elsewhere") as elsewhere:
        assert await elsewhere.topics() == {}
        assert await elsewhere.unannounced_issues(10) == []
        assert await elsewhere.link_secret("theirs") == "theirs"
        assert await elsewhere.queue_mark() is None
        await elsewhere.issue_announced("issue-1")
    assert await notifier.unannounced_issues(10) == [issue("issue-1")]
