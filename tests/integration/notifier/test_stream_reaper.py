"""Orphans: the live queues of notifiers that were killed are removed, and no others."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import signal
from collections.abc import AsyncIterator, Collection, Sequence

import pytest
import pytest_asyncio

from notifier.settings import NotifierSettings
from notifier.stream.live_queue import Topics
from notifier.stream.reaper import ORPHAN_AFTER, Reaper
from notifier.stream.tagged_queues import ALIVE_AT, LIVE_OF
from shared.aws.names import Names
from shared.aws.provisioning import ensure_queue
from shared.aws.topology import CreatedTopology
from shared.clock import utc_now
from shared.domain.shop import NotifierHeartbeat
from tests.support.notifier import (
    Announcer,
    NotifierProcess,
    announcing,
    first_topics,
    live_queue,
    newsletter,
    notifier_process,
    settings_for,
)

QUICKLY = {"live_mark_seconds": 0.1, "live_look_seconds": 0.5, "grace_seconds": 1}
SECONDS = 20


@pytest.fixture(params=["ministack", "moto"])
def endpoint(request: pytest.FixtureRequest) -> str:
    url: str = request.getfixturevalue(request.param)
    return url


@pytest_asyncio.fixture
async def announcer(endpoint: str) -> AsyncIterator[Announcer]:
    async with announcing(settings_for(endpoint)) as announcer:
        yield announcer


async def reaped(announcer: Announcer, instance: str) -> None:
    """Wait until an instance's queue is gone."""
    async with asyncio.timeout(SECONDS):
        while await announcer.queue_exists(instance):  # noqa: ASYNC110 - another process removes it
            await asyncio.sleep(0.05)


async def scan(reaper: Reaper, times: int = ORPHAN_AFTER + 1) -> None:
    for _ in range(times):
        await reaper.scan()


def reaper_at(
    announcer: Announcer, instance: str = "reaper", topics: Topics = first_topics
) -> Reaper:
    return Reaper(
        clients=announcer.clients,
        names=announcer.names,
        topology=CreatedTopology(announcer.clients, announcer.names),
        store=announcer.store,
        instance=instance,
        topics=topics,
    )


@contextlib.asynccontextmanager
async def both_processes(
    one: NotifierSettings, other: NotifierSettings
) -> AsyncIterator[Sequence[NotifierProcess]]:
    """Start and end two notifiers at the same time."""
    processes = [notifier_process(settings) for settings in (one, other)]
    begun = await asyncio.gather(*(process.__aenter__() for process in processes))
    try:
        yield begun
    finally:
        await asyncio.gather(*(process.__aexit__(None, None, None) for process in processes))


async def test_the_queue_of_a_killed_notifier_is_reaped_and_that_of_the_other_is_not(
    endpoint: str,
) -> None:
    one = settings_for(endpoint, notifier_instance="one", **QUICKLY)
    other = one.model_copy(update={"notifier_instance": "other"})
    async with (
        announcing(one) as announcer,
        both_processes(one, other) as (killed, survivor),
        survivor.stream(topics="coupons") as stream,
    ):
        assert await announcer.subscriptions() == 2
        await killed.kill()
        await reaped(announcer, "one")
        assert await announcer.subscriptions() == 1
        await announcer.send_out(newsletter("Still received"))
        (event,) = await stream.take(1)
        assert event["data"]["subject"] == "Still received"


async def test_a_notifier_that_was_frozen_makes_its_queue_again_and_resets_its_readers(
    ministack: str,
) -> None:
    one = settings_for(ministack, notifier_instance="one", **QUICKLY)
    other = one.model_copy(update={"notifier_instance": "other"})
    async with (
        announcing(one) as announcer,
        both_processes(one, other) as (frozen, _),
        frozen.stream(topics="coupons") as stream,
    ):
        frozen.process.send_signal(signal.SIGSTOP)
        await reaped(announcer, "one")
        frozen.process.send_signal(signal.SIGCONT)
        assert await stream.reset() == "restarted"
        await announcer.send_out(newsletter("Received again"))
        (event,) = await stream.take(1)
        assert event["data"]["subject"] == "Received again"


async def test_a_queue_without_heartbeats_is_removed_after_enough_scans(
    announcer: Announcer,
) -> None:
    await live_queue(announcer, "gone").receive(1)
    reaper = reaper_at(announcer)
    await scan(reaper, ORPHAN_AFTER)
    assert await announcer.queue_exists("gone")
    await reaper.scan()
    assert not await announcer.queue_exists("gone")
    assert await announcer.subscriptions() == 0


async def test_nobody_reaps_a_queue_with_a_heartbeat_between_scans_nor_its_own(
    announcer: Announcer,
) -> None:
    alive, own = live_queue(announcer, "alive"), live_queue(announcer, "own")
    await alive.receive(1)
    await own.receive(1)
    reaper = reaper_at(announcer, "own")
    for _ in range(2 * ORPHAN_AFTER):
        await asyncio.sleep(0.002)  # the heartbeat is a time in milliseconds
        await alive.beat()
        await reaper.scan()
    assert await announcer.queue_exists("alive")
    assert await announcer.queue_exists("own")


async def test_a_notifier_that_was_killed_before_it_had_a_queue_leaves_no_record(
    announcer: Announcer,
) -> None:
    await announcer.store.record_heartbeat(NotifierHeartbeat("gone", utc_now()))
    await scan(reaper_at(announcer))
    assert await announcer.store.notifier_heartbeats() == []


async def test_a_notifier_that_comes_back_while_its_queue_is_removed_keeps_its_record(
    announcer: Announcer,
) -> None:
    await live_queue(announcer, "frozen").receive(1)
    back = NotifierHeartbeat("frozen", utc_now())

    async def comes_back() -> Collection[str]:
        await announcer.store.record_heartbeat(back)
        return await first_topics()

    await scan(reaper_at(announcer, topics=comes_back))
    assert not await announcer.queue_exists("frozen")
    assert await announcer.store.notifier_heartbeats() == [back]


async def test_a_clean_stop_leaves_neither_queue_nor_record(announcer: Announcer) -> None:
    queue = live_queue(announcer)
    await queue.receive(1)
    await queue.close()
    assert not await announcer.queue_exists("one")
    assert await announcer.store.notifier_heartbeats() == []


class EarlierRelease:
    """Notifiers that tag their queues, and have no records."""

    def __init__(self, announcer: Announcer) -> None:
        self.sqs, self.names = announcer.clients.sqs, announcer.names

    async def beat(self, instance: str, at: str) -> None:
        url = (await self.sqs.create_queue(QueueName=self.names.live(instance)))["QueueUrl"]
        await self.sqs.tag_queue(QueueUrl=url, Tags={LIVE_OF: self.names.live(""), ALIVE_AT: at})


async def test_after_a_rolling_deploy_the_tagged_queues_of_killed_notifiers_go_and_no_others(
    announcer: Announcer,
) -> None:
    earlier, reaper = EarlierRelease(announcer), reaper_at(announcer)
    await earlier.beat("killed", "09:00")
    await announcer.clients.sqs.create_queue(QueueName=announcer.names.live("foreign"))
    for number in range(3 * ORPHAN_AFTER):
        await earlier.beat("alive", f"09:{number:02}")
        await reaper.scan()
    await scan(reaper)  # the last of them is killed, and found by the next notifier to start
    assert not await announcer.queue_exists("killed")
    assert await announcer.queue_exists("alive")
    await scan(reaper_at(announcer))
    assert not await announcer.queue_exists("alive")
    assert await announcer.queue_exists("foreign")


async def test_two_reapers_at_once_do_no_harm(announcer: Announcer) -> None:
    await live_queue(announcer, "gone").receive(1)
    await asyncio.gather(*(scan(reaper_at(announcer, f"reaper-{number}")) for number in range(2)))
    assert not await announcer.queue_exists("gone")
    assert await announcer.subscriptions() == 0


@pytest.mark.parametrize("suffix", ["live-", "b-", "live-live-"])
async def test_another_shop_is_left_alone_even_if_its_prefix_begins_as_our_queues_do(
    suffix: str, endpoint: str
) -> None:
    ours = settings_for(endpoint, name_prefix=f"t{secrets.token_hex(4)}-")
    theirs = settings_for(endpoint, name_prefix=ours.name_prefix + suffix)
    async with announcing(ours) as announcer, announcing(theirs) as their_announcer:
        await live_queue(announcer, "gone").receive(1)
        await live_queue(their_announcer, "gone").receive(1)
        await ensure_queue(their_announcer.clients.sqs, Names(theirs.name_prefix).orders, {})
        await scan(reaper_at(announcer))
        assert not await announcer.queue_exists("gone")
        assert await their_announcer.queue_exists("gone")
        assert await their_announcer.subscriptions() == 1
        await their_announcer.clients.sqs.get_queue_url(QueueName=their_announcer.names.orders)


async def test_a_queue_without_a_heartbeat_for_too_long_is_opened_again(ministack: str) -> None:
    async with announcing(settings_for(ministack)) as announcer:
        queue = live_queue(announcer, expiry_seconds=0)
        await queue.receive(1)
        arn = (
            await announcer.clients.sns.list_subscriptions_by_topic(TopicArn=announcer.coupons.arn)
        )["Subscriptions"][0]["SubscriptionArn"]
        await announcer.clients.sns.unsubscribe(
            SubscriptionArn=arn
        )  # a reaper was stopped after it
        await queue.beat()
        await queue.receive(1)
        assert await announcer.subscriptions() == 1
        await queue.close()
