"""A notifier can be restarted: it listens once it can serve, and serves for as long as it works."""

from __future__ import annotations

import asyncio

from aiohttp import web

from tests.integration.notifier.test_subscriptions_outages import weather
from tests.support.emulator import free_port
from tests.support.faults.rules import Delay, Rule, Silence
from tests.support.notifier import SECONDS, announcing, serving, settings_for
from tests.support.subscribers import endpoint, post_subscription, publish, subscribe, webhook
from tests.support.waiting import eventually


async def test_the_first_client_to_connect_can_subscribe(ministack: str) -> None:
    settings = settings_for(ministack, allow_loopback_webhooks=True)
    async with serving(settings):
        pass  # now there are queues to find
    async with endpoint() as subscriber, serving(settings, ready=False) as notifier:
        await subscribe(notifier, channel="webhook", url=subscriber.url)


async def test_a_client_that_connects_while_topics_and_queues_are_away_gets_503() -> None:
    settings = settings_for(f"http://127.0.0.1:{free_port()}", allow_loopback_webhooks=True)
    async with endpoint() as subscriber, serving(settings, ready=False) as notifier:
        alive = await notifier.http.get("/healthz")
        refused = await post_subscription(notifier, channel="webhook", url=subscriber.url)
    assert alive.status_code == 200
    assert (refused.status_code, "retry-after" in refused.headers) == (503, True)


async def test_a_notifier_that_is_starting_while_sqs_is_silent_stops_in_time(
    ministack: str,
) -> None:
    settings = settings_for(ministack)
    async with serving(settings):
        pass  # now there are queues to find
    async with weather(ministack, Rule("ListQueueTags", Delay(0.3))) as (proxy, faults):
        silent = settings.model_copy(update={"aws_endpoint_url": proxy.url})

        async def silence_once_the_queues_are_found() -> None:
            await eventually(lambda: faults.met["ListQueueTags", "Delay"] == 3)
            faults.set(Rule("GetQueueUrl", Silence()))

        silence = asyncio.create_task(silence_once_the_queues_are_found())
        async with serving(silent, ready=False) as notifier:
            await silence
            await eventually(lambda: faults.met["GetQueueUrl", "Silence"] > 0)
            notifier.stop.set()
            await asyncio.wait_for(notifier.ended, SECONDS)


async def test_a_stopping_notifier_serves_until_its_deliveries_are_made(ministack: str) -> None:
    settings = settings_for(ministack, allow_loopback_webhooks=True)
    go_on = asyncio.Event()

    async def slow(_: web.Request) -> web.StreamResponse:
        await go_on.wait()
        return web.Response()

    async with (
        announcing(settings),
        endpoint(slow) as subscriber,
        serving(settings) as notifier,
    ):
        held = await webhook(notifier, subscriber)
        await publish(notifier)
        await subscriber.receives(1)
        notifier.stop.set()
        assert (await held.shown())["state"] == "active"
        await subscribe(notifier, channel="webhook", url=subscriber.url)
        go_on.set()
        await asyncio.wait_for(notifier.ended, SECONDS)
