"""Resuming goes by the log: whatever became of dead letters, nothing that failed is forgotten."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from notifier.store.factory import open_notifier_store
from shared.aws.queues import open_queue
from shared.clock import utc_now
from shared.domain.delivery import DeliveryState
from shared.domain.subscription import SubscriptionState, advance
from shared.messages.delivery_job import Deliver
from tests.contract.subscribers import due_to
from tests.integration.notifier.test_subscriptions_outages import weather
from tests.support.faults.rules import Fail, Rule
from tests.support.notifier import (
    AS_STAFF,
    Announcer,
    Serving,
    announcing,
    newsletter,
    serving,
    settings_for,
)
from tests.support.subscribers import Endpoint, Held, endpoint, publish, webhook
from tests.support.webhooks import answers

FAILED = 3
"""Issues that a subscriber misses here."""


async def missing(notifier: Serving, subscriber: Endpoint) -> Held:
    """Subscribe somebody who then is away, until all that was published has failed."""
    subscriber.answering = answers(410)
    held = await webhook(notifier, subscriber)
    for number in range(FAILED):
        await publish(notifier, subject=f"Missed {number}")
    await held.until(
        lambda shown: [one["state"] for one in shown["deliveries"]] == ["failed"] * FAILED
    )
    await letters(notifier, FAILED)
    subscriber.answering = answers(204)
    subscriber.events.clear()
    return held


async def letters(notifier: Serving, count: int) -> None:
    """List the dead letters until there are so many."""
    async with asyncio.timeout(10):
        while True:
            answer = await notifier.http.get("/subscriptions/dead-letters", headers=AS_STAFF)
            if len(answer.json()["dead_letters"]) == count:
                return
            await asyncio.sleep(0.05)


async def queue_url(announcer: Announcer, name: str) -> str:
    return (await announcer.clients.sqs.get_queue_url(QueueName=name))["QueueUrl"]


async def test_what_failed_is_delivered_though_its_dead_letters_are_gone(ministack: str) -> None:
    settings = settings_for(ministack, allow_loopback_webhooks=True)
    async with (
        endpoint() as subscriber,
        serving(settings) as notifier,
        announcing(settings) as announcer,
    ):
        held = await missing(notifier, subscriber)
        url = await queue_url(announcer, announcer.names.deliveries_dead_letters)
        await announcer.clients.sqs.purge_queue(QueueUrl=url)
        answer = await held.ask("POST", "/resume")
        assert (answer.status_code, answer.json()) == (200, {"redriven": FAILED})
        await subscriber.receives(FAILED)


async def test_a_resumption_that_was_cut_off_goes_on_when_asked_for_again(ministack: str) -> None:
    async with weather(ministack) as (proxy, faults), endpoint() as subscriber:
        settings = settings_for(proxy.url, allow_loopback_webhooks=True)
        async with serving(settings) as notifier:
            held = await missing(notifier, subscriber)
            faults.set(Rule("SendMessageBatch", Fail()))
            assert (await held.ask("POST", "/resume")).status_code == 503
            assert (await held.shown())["state"] == "active"
            faults.set()
            answer = await held.ask("POST", "/resume")
            assert (answer.status_code, answer.json()) == (200, {"redriven": FAILED})
            await subscriber.receives(FAILED)


async def test_dead_letters_of_what_was_delivered_after_all_are_shown_to_nobody(
    ministack: str,
) -> None:
    settings = settings_for(ministack, allow_loopback_webhooks=True)
    async with endpoint() as subscriber, serving(settings) as notifier:
        held = await missing(notifier, subscriber)
        await held.ask("POST", "/resume")
        await subscriber.receives(FAILED)
        await letters(notifier, 0)
        answer = await notifier.http.get("/subscriptions/dead-letters", headers=AS_STAFF)
        assert answer.json() == {"dead_letters": [], "total": 0}


async def test_a_delivery_that_has_several_dead_letters_counts_once(ministack: str) -> None:
    settings = settings_for(ministack, allow_loopback_webhooks=True)
    async with (
        endpoint() as subscriber,
        serving(settings) as notifier,
        announcing(settings) as announcer,
    ):
        held = await missing(notifier, subscriber)
        for delivery in (await held.shown())["deliveries"]:
            second = Deliver(subscription_id=held.id, delivery_id=delivery["id"])
            await announcer.clients.sqs.send_message(
                QueueUrl=await queue_url(announcer, announcer.names.deliveries),
                MessageBody=second.model_dump_json(),
            )
        await waiting(announcer, 2 * FAILED)
        answer = await notifier.http.get("/subscriptions/dead-letters", headers=AS_STAFF)
        assert (len(answer.json()["dead_letters"]), answer.json()["total"]) == (FAILED, FAILED)
        await waiting(announcer, FAILED)

        await held.ask("DELETE")
        answer = await notifier.http.post(
            "/subscriptions/dead-letters/redrive", json={}, headers=AS_STAFF
        )
        assert answer.json() == {"redriven": 0, "refused": FAILED, "left": 0}


async def test_what_staff_redrive_gets_one_job_each(ministack: str) -> None:
    settings = settings_for(ministack, allow_loopback_webhooks=True)
    async with (
        endpoint() as subscriber,
        serving(settings) as notifier,
        announcing(settings) as announcer,
        open_queue(announcer.clients, announcer.names.deliveries) as queue,
    ):
        await missing(notifier, subscriber)
        subscriber.answering = answers(503)  # and so it stays on the queue
        answer = await notifier.http.post(
            "/subscriptions/dead-letters/redrive", json={}, headers=AS_STAFF
        )
        assert answer.json() == {"redriven": FAILED, "refused": 0, "left": 0}
        assert sum(await queue.waiting_and_in_flight()) == FAILED
        await waiting(announcer, 0)


async def waiting(announcer: Announcer, count: int) -> None:
    """Wait until there are so many dead letters on the queue, stale ones included."""
    url = await queue_url(announcer, announcer.names.deliveries_dead_letters)
    async with asyncio.timeout(10):
        while True:
            answer = await announcer.clients.sqs.get_queue_attributes(
                QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages"]
            )
            if answer["Attributes"]["ApproximateNumberOfMessages"] == str(count):
                return
            await asyncio.sleep(0.05)


async def test_staff_redrive_all_of_a_subscriber_that_has_one_dead_letter(
    ministack: str,
) -> None:
    settings = settings_for(ministack, allow_loopback_webhooks=True)
    async with (
        endpoint() as subscriber,
        serving(settings) as notifier,
        announcing(settings) as announcer,
    ):
        await missing(notifier, subscriber)
        url = await queue_url(announcer, announcer.names.deliveries_dead_letters)
        held = await announcer.clients.sqs.receive_message(QueueUrl=url, VisibilityTimeout=0)
        for letter in held["Messages"]:
            await announcer.clients.sqs.delete_message(
                QueueUrl=url, ReceiptHandle=letter["ReceiptHandle"]
            )
        answer = await notifier.http.post(
            "/subscriptions/dead-letters/redrive", json={}, headers=AS_STAFF
        )
        assert answer.json() == {"redriven": FAILED, "refused": 0, "left": 0}
        await subscriber.receives(FAILED)


async def test_a_delivery_that_sqs_alone_gave_up_on_is_made_all_the_same(ministack: str) -> None:
    settings = settings_for(ministack, allow_loopback_webhooks=True)
    async with (
        endpoint() as subscriber,
        serving(settings) as notifier,
        announcing(settings) as announcer,
        open_notifier_store(settings, None, utc_now) as store,
    ):
        held = await webhook(notifier, subscriber)
        event = newsletter("Waited a thousand times")
        due = replace(due_to(held.id, event.id), event=event.model_dump_json())
        await store.log_due([due])
        job = Deliver(subscription_id=held.id, delivery_id=due.id)
        url = await queue_url(announcer, announcer.names.deliveries_dead_letters)
        await announcer.clients.sqs.send_message(QueueUrl=url, MessageBody=job.model_dump_json())
        await letters(notifier, 0)
        await subscriber.receives(1)
    assert subscriber.ids == [event.id]


async def test_what_was_redriven_is_delivered_though_its_job_was_never_queued(
    ministack: str,
) -> None:
    settings = settings_for(ministack, allow_loopback_webhooks=True)
    async with (
        endpoint() as subscriber,
        serving(settings) as notifier,
        open_notifier_store(settings, None, utc_now) as store,
    ):
        held = await missing(notifier, subscriber)
        paused = await store.subscription(held.id)
        assert paused is not None
        active = advance(paused, SubscriptionState.ACTIVE, utc_now())
        await store.replace_subscription(paused, active)
        for failed in await store.last_deliveries(held.id, FAILED):
            again = replace(
                failed, state=DeliveryState.DUE, attempts=0, error=None, not_before=None
            )
            await store.log_attempt(again)
        await letters(notifier, 0)
        await subscriber.receives(FAILED)
