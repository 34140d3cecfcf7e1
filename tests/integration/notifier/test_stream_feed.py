"""The live feed: each instance has its own queue while it runs, and removes it when it stops."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

from shared.aws.queue import SqsQueue
from shared.domain.order import OrderState
from tests.support.emulator import free_port, running_ministack
from tests.support.notifier import (
    SECONDS,
    announcing,
    live_queue,
    newsletter,
    placed,
    serving,
    settings_for,
    then,
)
from tests.support.waiting import until


@contextlib.asynccontextmanager
async def emulator_on(port: int) -> AsyncIterator[None]:
    """Run an empty emulator on that port for as long as the block lasts."""
    running = running_ministack(port)
    await asyncio.to_thread(running.__enter__)
    try:
        yield
    finally:
        await asyncio.to_thread(running.__exit__, None, None, None)


async def test_every_instance_receives_every_event(ministack: str) -> None:
    first = settings_for(ministack, notifier_instance="first")
    second = first.model_copy(update={"notifier_instance": "second"})
    order = placed()
    async with (
        announcing(first) as announcer,
        serving(first) as one,
        serving(second) as other,
        one.stream(order_id=order.id) as here,
        other.stream(order_id=order.id) as there,
    ):
        await announcer.announce(order, then(order, OrderState.CANCELED))
        for stream in (here, there):
            events = await stream.take(2)
            assert [event["data"]["state"] for event in events] == ["placed", "canceled"]


async def test_a_stop_takes_the_queue_and_its_subscriptions_away(ministack: str) -> None:
    settings = settings_for(ministack, notifier_instance="one")
    async with announcing(settings) as announcer:
        async with serving(settings):
            assert await announcer.queue_exists("one")
            assert await announcer.subscriptions() == 1
        assert not await announcer.queue_exists("one")
        assert await announcer.subscriptions() == 0


async def test_an_instance_continues_with_the_queue_that_an_unclean_stop_has_left(
    ministack: str,
) -> None:
    settings = settings_for(ministack, notifier_instance="one")
    order = placed()
    async with announcing(settings) as announcer:
        left_behind = live_queue(announcer)
        assert await left_behind.receive(1) == []
        await announcer.announce(order)
        async with serving(settings) as notifier, notifier.stream(order_id=order.id) as stream:
            (event,) = await stream.take(1)
            assert event["subject"] == order.id
            assert await announcer.subscriptions() == 1


async def test_a_body_that_is_no_event_is_not_received_again(ministack: str) -> None:
    settings = settings_for(ministack, notifier_instance="one")
    async with announcing(settings) as announcer, serving(settings) as notifier:
        async with notifier.stream(topics="coupons") as stream:
            await announcer.clients.sns.publish(
                TopicArn=announcer.coupons.arn, Message="not an event"
            )
            await announcer.send_out(newsletter("An event"))
            (event,) = await stream.take(1)
            assert event["data"]["subject"] == "An event"
        url = (await announcer.clients.sqs.get_queue_url(QueueName=announcer.names.live("one")))[
            "QueueUrl"
        ]
        queue = SqsQueue(announcer.clients.sqs, url)

        async def is_empty() -> bool:
            return await queue.waiting_and_in_flight() == (0, 0)

        await until(is_empty, SECONDS)


async def test_the_notifier_serves_before_sqs_is_there_and_resets_its_streams_once_it_is() -> None:
    port = free_port()
    settings = settings_for(f"http://127.0.0.1:{port}")
    async with serving(settings, ready=False) as notifier:
        assert (await notifier.http.get("/healthz")).status_code == 200
        response = await notifier.http.get("/readyz")
        assert response.status_code == 503
        assert "live feed" in response.json()["detail"]
        async with notifier.stream(topics="coupons") as stream, emulator_on(port):
            assert await stream.reset() == "restarted"
            await notifier.ready()
            async with announcing(settings) as announcer:
                await announcer.send_out(newsletter("There we are"))
                (event,) = await stream.take(1)
            assert event["data"]["subject"] == "There we are"
            notifier.stop.set()
            await asyncio.wait_for(notifier.ended, SECONDS)


async def test_a_lost_queue_is_made_again_and_streams_are_reset() -> None:
    port = free_port()
    settings = settings_for(f"http://127.0.0.1:{port}", notifier_instance="one")
    async with contextlib.AsyncExitStack() as stack:
        async with emulator_on(port):
            notifier = await stack.enter_async_context(serving(settings))
            stream = await stack.enter_async_context(notifier.stream(topics="coupons"))
            async with announcing(settings) as announcer:
                await announcer.send_out(newsletter("Before"))
                await stream.take(1)
        async with emulator_on(port):
            assert await stream.reset() == "restarted"
            async with announcing(settings) as announcer:
                assert await announcer.queue_exists("one")
                await announcer.send_out(newsletter("After"))
                (event,) = await stream.take(1)
            assert event["data"]["subject"] == "After"
            await stack.aclose()
