"""A notifier that starts while much is due: when it is ready, and what it queues again."""

from __future__ import annotations

import contextlib
import datetime as dt
import signal
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from pathlib import Path

from structlog.testing import capture_logs

from notifier.settings import NotifierSettings
from notifier.store.factory import open_notifier_store
from shared.aws.queues import open_queue
from shared.clock import utc_now
from shared.domain.delivery import Delivery
from shared.domain.issue import Issue
from shared.domain.subscription import SubscriptionState
from tests.contract.subscribers import due_to, subscriptions_of
from tests.integration.notifier.test_subscriptions_outages import weather
from tests.support.emulator import free_port, running_ministack
from tests.support.faults.rules import Delay, Fail, FailEntries, Rule
from tests.support.notifier import (
    SECONDS,
    Serving,
    announcing,
    newsletter,
    notifier_process,
    serving,
    settings_for,
)
from tests.support.subscribers import endpoint, webhook
from tests.support.waiting import eventually, until

MUCH = 1200
"""More than two pages."""

PAGE, IN_HAND = 500, 32
"""How many jobs, and how many issues, a queue that is whole gets again."""


async def becomes_due(settings: NotifierSettings, deliveries: Sequence[Delivery]) -> None:
    async with open_notifier_store(settings, None, utc_now) as store:
        await store.log_due(deliveries)


async def much_is_due(settings: NotifierSettings) -> None:
    """Log deliveries that were attempted, and are to be attempted again in a minute."""
    now = utc_now()
    away = subscriptions_of("main")(created_at=now, state=SubscriptionState.ACTIVE)
    async with open_notifier_store(settings, None, utc_now) as store:
        await store.add_subscription(away)
    tried = [
        replace(
            due_to(away.id, f"issue-{number}", now),
            attempts=1,
            tried_at=now,
            error="answered 503",
            not_before=now + dt.timedelta(minutes=1),
        )
        for number in range(MUCH)
    ]
    await becomes_due(settings, tried)


@contextlib.asynccontextmanager
async def started(settings: NotifierSettings) -> AsyncIterator[Serving]:
    """Serve a notifier that has queued again what it is going to."""
    with capture_logs() as logs:
        async with serving(settings) as notifier:
            await eventually(
                lambda: any(entry["event"] == "delivery_jobs.requeued" for entry in logs),
                4 * SECONDS,
            )
            yield notifier


async def jobs(settings: NotifierSettings) -> int:
    """Count the jobs on the queue."""
    async with (
        announcing(settings) as announcer,
        open_queue(announcer.clients, announcer.names.deliveries) as queue,
    ):
        return sum(await queue.waiting_and_in_flight())


async def test_it_is_ready_while_what_is_due_cannot_be_queued_yet(ministack: str) -> None:
    async with weather(ministack) as (proxy, faults), endpoint() as subscriber:
        settings = settings_for(proxy.url, allow_loopback_webhooks=True)
        async with serving(settings) as notifier:
            held = await webhook(notifier, subscriber)
        event = newsletter("Free cake")
        due = replace(due_to(held.id, event.id), event=event.model_dump_json())
        await becomes_due(settings, [due])
        faults.set(Rule("SendMessageBatch", Fail()))
        async with serving(settings):
            await eventually(lambda: faults.met["SendMessageBatch", "Fail"] > 0)
            faults.set()
            await subscriber.receives(1)
    assert subscriber.ids == [event.id]


async def test_started_again_and_again_it_does_not_make_a_multiple_of_what_is_due(
    ministack: str,
) -> None:
    settings = settings_for(ministack)
    await much_is_due(settings)
    for count in (MUCH, MUCH + PAGE, MUCH + 2 * PAGE):
        async with started(settings):
            assert await jobs(settings) == count


async def test_what_fails_of_a_batch_is_queued_again_and_nothing_else(ministack: str) -> None:
    async with weather(ministack, Rule("SendMessageBatch", FailEntries())) as (proxy, _):
        settings = settings_for(proxy.url)
        await much_is_due(settings)
        async with started(settings):
            assert await jobs(settings) == MUCH


async def test_after_a_broker_reset_it_queues_everything_again(
    ministack: str,
) -> None:
    settings = settings_for(ministack)
    await much_is_due(settings)
    async with started(settings):
        pass
    async with notifier_process(settings) as notifier, announcing(settings) as announcer:
        url = (await announcer.clients.sqs.get_queue_url(QueueName=announcer.names.deliveries))[
            "QueueUrl"
        ]
        await announcer.clients.sqs.purge_queue(QueueUrl=url)
        notifier.process.send_signal(signal.SIGHUP)

        async def all_are_there() -> bool:
            return await jobs(settings) >= MUCH

        await until(all_are_there, 2 * SECONDS)


async def test_started_again_it_announces_no_more_issues_again_than_can_have_been_in_progress(
    ministack: str,
) -> None:
    async with weather(ministack) as (proxy, faults):
        settings = settings_for(proxy.url)
        async with started(settings):
            pass
        async with open_notifier_store(settings, None, utc_now) as store:
            for number in range(2 * IN_HAND):
                event = newsletter(f"On its way {number}")
                issue = Issue(event.id, "coupons", event.model_dump_json(), event.time)
                await store.add_issue(issue)
            faults.set(Rule("PublishBatch", Delay(0)))
            async with started(settings):

                async def fanned_out() -> bool:
                    return len(await store.unannounced_issues(2 * IN_HAND)) == IN_HAND

                await until(fanned_out, SECONDS)
        assert faults.met["PublishBatch", "Delay"] == IN_HAND


async def test_started_with_a_queue_that_was_lost_it_queues_everything_without_a_broker_reset(
    tmp_path: Path,
) -> None:
    port = free_port()
    settings = settings_for(f"http://127.0.0.1:{port}", state_dir=tmp_path)
    await much_is_due(settings)
    for _ in range(2):
        with running_ministack(port):
            async with started(settings):
                assert await jobs(settings) == MUCH


async def test_cut_off_before_everything_was_queued_it_queues_everything_at_the_next_start(
    ministack: str,
) -> None:
    async with weather(ministack, Rule("SendMessageBatch", Fail())) as (proxy, faults):
        settings = settings_for(proxy.url)
        await much_is_due(settings)
        async with serving(settings):
            await eventually(lambda: faults.met["SendMessageBatch", "Fail"] > 0)
        faults.set()
        async with started(settings):
            assert await jobs(settings) == MUCH
