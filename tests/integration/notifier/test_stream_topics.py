"""Topics newer than a notifier: its live queue subscribes to them once somebody follows them."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Collection

import pytest
import pytest_asyncio

from notifier.stream.live_queue import LiveQueue
from notifier.subscriptions.queue_policy import allows_sending
from shared.aws.clients import AwsUnavailableError
from tests.support.emulator import free_port, running_ministack
from tests.support.notifier import Announcer, announcing, live_queue, settings_for

LATE = "late-news"


@pytest_asyncio.fixture
async def announcer(ministack: str) -> AsyncIterator[Announcer]:
    async with announcing(settings_for(ministack)) as announcer:
        yield announcer


async def topic(announcer: Announcer, name: str) -> str:
    answer = await announcer.clients.sns.create_topic(Name=announcer.names.topic(name))
    return answer["TopicArn"]


async def receives(announcer: Announcer, queue: LiveQueue, name: str) -> bool:
    """Publish to a topic, and return whether the queue gets it before what is published next."""
    await announcer.clients.sns.publish(TopicArn=await topic(announcer, name), Message=name)
    await announcer.clients.sns.publish(TopicArn=announcer.coupons.arn, Message="the end")
    bodies: list[str] = []
    async with asyncio.timeout(10):
        while "the end" not in bodies:
            messages = await queue.receive(10)
            bodies += [message.body for message in messages]
            await asyncio.gather(*(queue.delete(message) for message in messages))
    return name in bodies


async def subscriptions(announcer: Announcer, name: str) -> int:
    arn = await topic(announcer, name)
    answer = await announcer.clients.sns.list_subscriptions_by_topic(TopicArn=arn)
    return len(answer["Subscriptions"])


async def policy_of(announcer: Announcer, instance: str) -> str:
    sqs = announcer.clients.sqs
    url = (await sqs.get_queue_url(QueueName=announcer.names.live(instance)))["QueueUrl"]
    answer = await sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["Policy"])
    return answer["Attributes"]["Policy"]


async def test_a_topic_is_received_from_its_request_on_and_the_others_still_are(
    announcer: Announcer,
) -> None:
    queue = live_queue(announcer)
    await queue.receive(1)
    assert not await receives(announcer, queue, LATE)
    await queue.subscribe(LATE)
    assert await receives(announcer, queue, LATE)
    assert await receives(announcer, queue, "coffee-trivia")
    policy = await policy_of(announcer, "one")
    assert allows_sending(policy, await topic(announcer, "coffee-trivia"))
    assert allows_sending(policy, await topic(announcer, LATE))


async def test_however_many_requests_come_at_once_there_is_one_subscription_to_each_topic(
    announcer: Announcer,
) -> None:
    queue = live_queue(announcer)
    await queue.receive(1)
    names = ["coupons", LATE, "later-news"]
    await asyncio.gather(*(queue.subscribe(name) for name in names * 20))
    assert [await subscriptions(announcer, name) for name in names] == [1, 1, 1]


async def test_an_opened_queue_receives_the_shops_topics_and_those_requested_before(
    announcer: Announcer,
) -> None:
    async def topics() -> Collection[str]:
        return ["coupons", "todays-roast"]

    queue = live_queue(announcer, topics=topics)
    await queue.subscribe(LATE)
    await queue.receive(1)
    assert await receives(announcer, queue, "todays-roast")
    assert await receives(announcer, queue, LATE)
    assert await subscriptions(announcer, "coffee-trivia") == 0


async def test_a_topic_requested_while_the_queue_opens_is_not_missed(
    announcer: Announcer,
) -> None:
    asked, go_on = asyncio.Event(), asyncio.Event()

    async def topics() -> Collection[str]:
        asked.set()
        await go_on.wait()
        return ["coupons"]

    queue = live_queue(announcer, topics=topics)
    receiving = asyncio.create_task(queue.receive(1))
    await asked.wait()
    await queue.subscribe(LATE)
    go_on.set()
    await receiving
    assert await receives(announcer, queue, LATE)


async def test_a_stop_takes_the_later_subscriptions_away_as_well(announcer: Announcer) -> None:
    queue = live_queue(announcer)
    await queue.receive(1)
    await queue.subscribe(LATE)
    await queue.close()
    assert await subscriptions(announcer, LATE) == 0


async def test_a_topic_that_is_out_of_reach_is_subscribed_when_the_queue_opens_again() -> None:
    port = free_port()
    async with contextlib.AsyncExitStack() as stack:
        with running_ministack(port) as url:
            announcer = await stack.enter_async_context(announcing(settings_for(url)))
            queue = live_queue(announcer)
            await queue.receive(1)
        with pytest.raises(AwsUnavailableError):
            await queue.subscribe(LATE)
        with pytest.raises(AwsUnavailableError):
            await queue.receive(1)
        with running_ministack(port):
            await topic(announcer, "coupons")
            await queue.receive(1)
            assert await receives(announcer, queue, LATE)
