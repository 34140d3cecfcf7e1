"""Deliveries outlive what can go wrong: kills, lost queues, SQS or SNS unavailable."""

from __future__ import annotations

import asyncio
import contextlib
import json
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from aiohttp import web

from shared.aws.provisioning import publishing_policy
from tests.support.emulator import free_port, running_ministack
from tests.support.faults.aws_wire import Answer, Call
from tests.support.faults.proxy import Proxy, open_proxy
from tests.support.faults.rules import Delay, Drop, Fail, Faults, Rule
from tests.support.notifier import (
    SECONDS,
    Announcer,
    announcing,
    notifier_process,
    serving,
    settings_for,
)
from tests.support.subscribers import endpoint, post_subscription, publish, subscribe, webhook
from tests.support.waiting import eventually
from tests.support.webhooks import answers, echoes

HOOK: dict[str, Any] = {"channel": "webhook", "url": "https://ada.example/hook"}


class Nobody:
    """A proxy's observer that ignores every call."""

    async def before(self, who: str, call: Call) -> None:
        pass

    async def after(self, who: str, call: Call, answer: Answer) -> None:
        pass


@contextlib.asynccontextmanager
async def weather(emulator: str, *rules: Rule) -> AsyncIterator[tuple[Proxy, Faults]]:
    """Put a proxy in front of an emulator, and faults into it."""
    faults = Faults(1, rules)
    async with open_proxy("notifier", emulator, faults, Nobody()) as proxy:
        yield proxy, faults


async def test_a_delivery_that_a_kill_has_cut_off_is_made_after_the_restart(
    ministack: str, tmp_path: Path
) -> None:
    settings = settings_for(
        ministack, allow_loopback_webhooks=True, state_dir=tmp_path, log_level="WARNING"
    )

    async def never(_: web.Request) -> web.StreamResponse:
        await asyncio.Event().wait()
        return web.Response()

    async with endpoint(never) as subscriber:
        async with notifier_process(settings) as notifier:
            await webhook(notifier, subscriber)
            issue = await publish(notifier)
            await subscriber.receives(1)
            await notifier.kill()
        subscriber.answering = answers(204)
        # Until then the emulator would answer the last poll of the killed, and keep what it
        # brought invisible for the visibility timeout.
        await asyncio.sleep(settings.poll_seconds)
        async with notifier_process(settings):
            # The log has that one began: it may be in progress, for as long as one takes.
            await subscriber.receives(2, settings.longest_attempt + SECONDS)
        assert subscriber.ids == [issue, issue]


async def test_what_was_due_arrives_when_the_queues_were_lost_with_everything_in_them(
    tmp_path: Path,
) -> None:
    port = free_port()
    settings = settings_for(
        f"http://127.0.0.1:{port}",
        allow_loopback_webhooks=True,
        state_dir=tmp_path,
        retry_seconds=[2.0] * 20,
        log_level="ERROR",
    )
    async with contextlib.AsyncExitStack() as stack:
        with running_ministack(port):
            subscriber = await stack.enter_async_context(endpoint(answers(500)))
            pending = await stack.enter_async_context(endpoint(agreeing=answers(500)))
            notifier = await stack.enter_async_context(notifier_process(settings))
            held = await webhook(notifier, subscriber)
            asked = await subscribe(notifier, channel="webhook", url=pending.url)
            await pending.until(lambda: pending.challenges == 1)
            async with announcing(settings) as announcer:
                till = await queue_of(announcer)
            queue = await subscribe(notifier, channel="sqs", queue_arn=till)
            lost = await publish(notifier)
            await subscriber.receives(1)
        with running_ministack(port):
            async with announcing(settings) as announcer:
                assert await queue_of(announcer) == till
                subscriber.answering, pending.agreeing = answers(204), echoes
                notifier.process.send_signal(signal.SIGHUP)
                await held.until(lambda shown: shown["deliveries"][0]["state"] == "delivered")
                await asked.becomes("active")
                assert set(subscriber.ids) == {lost}
                fresh = await publish(notifier)
                await subscriber.until(lambda: fresh in subscriber.ids)
                received = await announcer.clients.sqs.receive_message(
                    QueueUrl=(await announcer.clients.sqs.get_queue_url(QueueName="till"))[
                        "QueueUrl"
                    ],
                    WaitTimeSeconds=5,
                )
                assert json.loads(received["Messages"][-1]["Body"])["id"] in {lost, fresh}
                assert (await queue.ask("DELETE")).status_code == 204
            await stack.aclose()


async def queue_of(announcer: Announcer) -> str:
    """Make a queue of somebody else's that the topic of coupons may send to; give its ARN."""
    sqs = announcer.clients.sqs
    url = (await sqs.create_queue(QueueName="till"))["QueueUrl"]
    answer = await sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    arn = answer["Attributes"]["QueueArn"]
    policy = publishing_policy(arn, [announcer.coupons.arn])
    await sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    return arn


async def test_an_issue_that_was_accepted_while_sns_was_away_is_announced_when_it_is_back(
    ministack: str,
) -> None:
    async with weather(ministack) as (proxy, faults), endpoint() as subscriber:
        settings = settings_for(proxy.url, allow_loopback_webhooks=True, overdue_seconds=0.5)
        async with serving(settings) as notifier:
            await webhook(notifier, subscriber)
            faults.set(Rule("Publish*", Fail()))
            issue = await publish(notifier)
            assert subscriber.events == []
            faults.set()
            await subscriber.receives(1)
            assert subscriber.ids == [issue]


async def test_while_sqs_is_away_at_the_start_the_topics_are_shown_and_deliveries_start_later(
    ministack: str,
) -> None:
    async with weather(ministack, Rule("*", Drop())) as (proxy, faults), endpoint() as subscriber:
        settings = settings_for(proxy.url, allow_loopback_webhooks=True)
        async with serving(settings, ready=False) as notifier:
            assert (await notifier.http.get("/topics")).status_code == 200
            assert (await notifier.http.get("/readyz")).status_code == 503
            refused = await post_subscription(notifier, **HOOK)
            assert (refused.status_code, refused.json()["type"]) == (503, "/problems/unavailable")
            assert "retry-after" in refused.headers
            faults.set()
            await notifier.ready()
            await webhook(notifier, subscriber)


async def test_a_notifier_that_never_saw_sqs_stops_at_once(ministack: str) -> None:
    async with (
        weather(ministack, Rule("*", Drop())) as (proxy, _),
        serving(settings_for(proxy.url), ready=False) as notifier,
        asyncio.timeout(8),
    ):
        notifier.stop.set()
        await notifier.ended


async def test_a_foreign_queue_of_the_same_name_delays_deliveries_until_it_is_gone(
    ministack: str,
) -> None:
    async with contextlib.AsyncExitStack() as stack:
        proxy, faults = await stack.enter_async_context(
            weather(ministack, Rule("ListQueueTags", Delay(0)))
        )
        settings = settings_for(proxy.url, allow_loopback_webhooks=True)
        announcer = await stack.enter_async_context(announcing(settings))
        subscriber = await stack.enter_async_context(endpoint())
        sqs = announcer.clients.sqs
        foreign = (await sqs.create_queue(QueueName=announcer.names.deliveries))["QueueUrl"]
        async with serving(settings, ready=False) as notifier:
            # It checks more than once whose queue that is.
            await eventually(lambda: faults.met["ListQueueTags", "Delay"] >= 6)
            assert (await post_subscription(notifier, **HOOK)).status_code == 503
            await sqs.delete_queue(QueueUrl=foreign)
            await notifier.ready()
            await webhook(notifier, subscriber)


async def test_a_request_refused_for_lack_of_a_queue_gets_no_confirmation_request(
    ministack: str,
) -> None:
    async with weather(ministack) as (proxy, faults), endpoint() as subscriber:
        settings = settings_for(proxy.url, allow_loopback_webhooks=True)
        async with serving(settings) as notifier:
            faults.set(Rule("SendMessageBatch", Fail()))
            refused = await post_subscription(notifier, channel="webhook", url=subscriber.url)
            assert refused.status_code == 503
            faults.set()
        async with serving(settings) as notifier:
            await webhook(notifier, subscriber)
            assert subscriber.challenges == 1
