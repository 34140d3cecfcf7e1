"""Jobs that must wait for long do so in the store: the queue stays free, nothing is forgotten."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from aiohttp import web

from notifier.deliveries.postponed_jobs import LONGEST_ON_QUEUE, PostponedJobs
from notifier.store.contract import NotifierStore, PostponedJob
from notifier.store.factory import open_notifier_store
from notifier.store.sqlite.store import open_sqlite_notifier_store
from shared.aws.clients import AwsUnavailableError
from shared.aws.queues import open_queue
from shared.clock import utc_now
from shared.consuming.outcome import Done, Reject, Retry
from shared.domain.delivery import Delivery
from shared.messages.delivery_job import Confirm, Deliver, Redeliver
from tests.support.notifier import announcing, notifier_process, serving, settings_for
from tests.support.one_delivery import Clock
from tests.support.subscribers import endpoint, publish, webhook
from tests.support.waiting import until
from tests.support.webhooks import answers

PAUSE = 1000
"""Seconds, long enough for what a killed notifier's last poll has hidden for 30 s."""

ISSUES = 12
HOUR = dt.timedelta(hours=1)
MINUTE = dt.timedelta(minutes=1)
DELIVER = Deliver(subscription_id="ada", delivery_id="1", correlation_id="abc")
CONFIRM = Confirm(subscription_id="ada")


@dataclass
class Queue:
    """A queue that refuses some bodies."""

    refused: set[str] = field(default_factory=set)
    sent: list[tuple[str, str | None]] = field(default_factory=list)

    async def send(self, body: str, *, group: str | None = None) -> None:
        if body in self.refused:
            raise AwsUnavailableError("SQS is unavailable")
        self.sent.append((body, group))


@dataclass
class Bench:
    store: NotifierStore
    clock: Clock = field(default_factory=Clock)
    queue: Queue = field(default_factory=Queue)
    passed: float = 0.0

    def __post_init__(self) -> None:
        self.jobs = PostponedJobs(
            store=self.store, jobs=self.queue, clock=self.clock, monotonic=lambda: self.passed
        )

    async def waiting(self) -> list[PostponedJob]:
        return list(await self.store.postponed_jobs(utc_now() + 24 * HOUR, 100))


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    async with open_sqlite_notifier_store(tmp_path / "shop.db", "main") as store:
        yield Bench(store)


@pytest.mark.parametrize("outcome", [Done(), Reject("no"), Retry(LONGEST_ON_QUEUE, "answered 503")])
async def test_what_is_settled_at_once_or_soon_stays_with_the_queue(
    bench: Bench, outcome: Done | Reject | Retry
) -> None:
    assert await bench.jobs.settle(DELIVER, outcome) == outcome
    assert await bench.waiting() == []


@pytest.mark.parametrize(
    "job", [DELIVER, CONFIRM, Redeliver(subscription_id="ada", delivery_id="1")]
)
async def test_a_job_that_waits_for_long_is_queued_once_it_is_due(
    bench: Bench, job: Deliver | Redeliver | Confirm
) -> None:
    assert await bench.jobs.settle(job, Retry(3600, "answered 503")) == Done()
    bench.clock.moved = HOUR - MINUTE
    await bench.jobs.sweep()
    assert bench.queue.sent == []
    bench.clock.moved = HOUR
    await bench.jobs.sweep()
    await bench.jobs.sweep()
    assert bench.queue.sent == [(job.model_dump_json(), "ada")]


async def test_more_than_a_page_is_queued_by_one_sweep(bench: Bench) -> None:
    due = [
        PostponedJob(f"s{count}", "confirm", utc_now() - MINUTE, str(count)) for count in range(130)
    ]
    for one in due:
        await bench.store.postpone_job(one)
    await bench.jobs.sweep()
    assert sorted(bench.queue.sent) == sorted((one.body, one.subscription_id) for one in due)
    assert await bench.waiting() == []


async def test_what_the_queue_does_not_take_stays_until_it_does(bench: Bench) -> None:
    await bench.jobs.settle(DELIVER, Retry(61, "answered 503"))
    await bench.jobs.settle(CONFIRM, Retry(61, "answered 503"))
    bench.clock.moved = 2 * MINUTE
    bench.queue.refused = {DELIVER.model_dump_json()}
    await bench.jobs.sweep()
    await bench.jobs.sweep()
    assert [one.body for one in await bench.waiting()] == [DELIVER.model_dump_json()]
    bench.queue.refused = set()
    await bench.jobs.sweep()
    assert [body for body, _ in bench.queue.sent] == [
        CONFIRM.model_dump_json(),
        DELIVER.model_dump_json(),
    ]
    assert await bench.waiting() == []


async def test_a_clock_that_is_set_back_an_hour_delays_no_job_and_queues_each_once(
    bench: Bench,
) -> None:
    await bench.jobs.sweep()
    await bench.jobs.settle(DELIVER, Retry(120, "answered 503"))
    bench.clock.moved = -HOUR
    await bench.jobs.sweep()
    await bench.jobs.sweep()
    assert len(bench.queue.sent) == 1
    await bench.jobs.settle(DELIVER, Retry(120, "answered 503"))
    await bench.jobs.sweep()
    assert len(bench.queue.sent) == 1


async def test_a_late_retry_waits_in_the_store_while_the_queue_is_empty_and_is_made_when_due(
    ministack: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("notifier.delivery_service.SWEEP_SECONDS", 0.2)
    settings = settings_for(ministack, allow_loopback_webhooks=True, retry_seconds=(PAUSE, PAUSE))
    async with (
        endpoint(answers(503)) as subscriber,
        serving(settings) as notifier,
        announcing(settings) as announcer,
        open_notifier_store(settings, None, utc_now) as store,
        open_queue(announcer.clients, announcer.names.deliveries) as queue,
    ):
        held = await webhook(notifier, subscriber)
        await publish(notifier, subject="Free cake")

        async def waits() -> bool:
            late = await store.postponed_jobs(utc_now() + HOUR, 10)
            return len(late) == 1 and await queue.waiting_and_in_flight() == (0, 0)

        await until(waits, 10)
        assert len(subscriber.events) == 1
        subscriber.answering = answers(204)
        await becomes_due(store, await delivery_to(store, held.id))
        await subscriber.receives(2)
        assert await store.postponed_jobs(utc_now() + HOUR, 10) == []


async def test_killed_while_jobs_are_postponed_it_forgets_none_and_attempts_none_twice(
    ministack: str,
) -> None:
    settings = settings_for(ministack, allow_loopback_webhooks=True, retry_seconds=(PAUSE, PAUSE))
    async with (
        endpoint(slow_refusal) as subscriber,
        open_notifier_store(settings, None, utc_now) as store,
    ):

        async def all_are_logged() -> bool:
            return len(await store.last_deliveries(held.id, 100)) == ISSUES

        async def all_wait() -> bool:
            return len(await store.postponed_jobs(utc_now() + HOUR, 100)) == ISSUES

        async with notifier_process(settings) as notifier:
            held = await webhook(notifier, subscriber)
            for number in range(ISSUES):
                await publish(notifier, subject=f"Issue {number}")
            await until(all_are_logged, 20)
            await subscriber.receives(ISSUES // 3)
            await notifier.kill()
        await asyncio.sleep(1.5 * settings.poll_seconds)  # its last poll would hide what is queued
        assert not await all_wait()
        async with notifier_process(settings):
            await until(all_wait, 45)
        assert len(subscriber.ids) == len(set(subscriber.ids))


async def slow_refusal(_: web.Request) -> web.Response:
    await asyncio.sleep(0.5)
    return web.Response(status=503)


async def delivery_to(store: NotifierStore, subscription_id: str) -> Delivery:
    (delivery,) = await store.last_deliveries(subscription_id, 10)
    return delivery


async def becomes_due(store: NotifierStore, delivery: Delivery) -> None:
    """Let the time pass until the next attempt at a delivery."""
    now = utc_now()
    await store.log_attempt(replace(delivery, not_before=now))
    (job,) = await store.postponed_jobs(now + HOUR, 10)
    await store.postpone_job(replace(job, due_at=now))
