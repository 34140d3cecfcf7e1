"""Postponed jobs wait in the store, and are listed once they are due."""

from __future__ import annotations

from dataclasses import replace

from notifier.store.contract import NotifierStore, PostponedJob
from tests.contract.conftest import OpenNotifierStore
from tests.contract.orders import NOON
from tests.contract.subscribers import SECOND

LIMIT = 100


def job(name: str = "deliver#1", seconds: int = 0, subscriber: str = "ada") -> PostponedJob:
    return PostponedJob(subscriber, name, NOON + seconds * SECOND, f'{{"job":"{name}"}}')


async def test_they_are_listed_once_due_the_earliest_first_by_every_process(
    notifier: NotifierStore, second_notifier: NotifierStore
) -> None:
    late, early, of_grace = job("deliver#2", 120), job("confirm", 60), job("confirm", 61, "grace")
    for one in (late, early, of_grace):
        await notifier.postpone_job(one)

    assert await second_notifier.postponed_jobs(NOON + 59 * SECOND, LIMIT) == []
    assert await second_notifier.postponed_jobs(early.due_at, LIMIT) == [early]
    assert await second_notifier.postponed_jobs(late.due_at, 2) == [early, of_grace]
    assert await second_notifier.postponed_jobs(late.due_at, LIMIT) == [early, of_grace, late]


async def test_a_job_that_is_postponed_twice_is_due_once_at_the_later_word(
    notifier: NotifierStore,
) -> None:
    for seconds in (60, 180, 120):
        await notifier.postpone_job(job(seconds=seconds))

    assert await notifier.postponed_jobs(NOON + 119 * SECOND, LIMIT) == []
    assert await notifier.postponed_jobs(NOON + 180 * SECOND, LIMIT) == [job(seconds=120)]


async def test_a_queued_job_is_deleted_but_not_if_it_was_postponed_anew_meanwhile(
    notifier: NotifierStore, second_notifier: NotifierStore
) -> None:
    queued, tried_again = job("deliver#1", 60), job("deliver#2", 60)
    for one in (queued, tried_again):
        await notifier.postpone_job(one)
    listed = await notifier.postponed_jobs(NOON + 60 * SECOND, LIMIT)
    again = replace(tried_again, due_at=NOON + 300 * SECOND)
    await second_notifier.postpone_job(again)

    await notifier.delete_postponed(listed)
    await notifier.delete_postponed(listed)

    assert await notifier.postponed_jobs(NOON + 300 * SECOND, LIMIT) == [again]


async def test_a_shop_has_no_jobs_of_another(
    notifier: NotifierStore, open_notifier: OpenNotifierStore
) -> None:
    await notifier.postpone_job(job())
    async with open_notifier("elsewhere") as elsewhere:
        assert await elsewhere.postponed_jobs(NOON, LIMIT) == []
        await elsewhere.delete_postponed([job()])
    assert await notifier.postponed_jobs(NOON, LIMIT) == [job()]
