"""Requeue of due deliveries, while more become due."""

from __future__ import annotations

import asyncio
import datetime as dt
import itertools
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from pathlib import Path

from notifier.deliveries.queue_epoch import QueueEpoch
from notifier.deliveries.requeue import Requeuer
from notifier.store.contract import DeliveryLog
from notifier.store.factory import open_notifier_store
from notifier.topics.publisher import NewsletterPublisher, SnsTopics
from shared.aws.clients import aws_clients
from shared.aws.names import Names
from shared.aws.topology import CreatedTopology
from shared.clock import utc_now
from shared.domain.delivery import Delivery
from shared.messages.delivery_job import DELIVERY_JOB, Deliver
from tests.contract.subscribers import due_to
from tests.support.notifier import settings_for

STARTED = dt.datetime(2026, 11, 20, 12, 0, tzinfo=dt.UTC)
EARLIER, LATER = STARTED - dt.timedelta(minutes=1), STARTED + dt.timedelta(seconds=1)
MOMENT = dt.timedelta(milliseconds=1)
SECONDS = 10


PAGE = 500
"""How many are queued at a time."""


@dataclass
class BusyQueue:
    """A queue during each of whose sends another announcement reaches the log, a second later."""

    log: DeliveryLog
    sent: list[str] = field(default_factory=list)
    numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    async def send(self, body: str, *, group: str | None = None) -> None:
        job = DELIVERY_JOB.validate_json(body)
        assert isinstance(job, Deliver)
        assert group == job.subscription_id  # a subscriber's jobs are one group
        self.sent.append(job.delivery_id)
        number = next(self.numbers)
        at = STARTED + dt.timedelta(seconds=number)
        await self.log.log_due([due_to("s1", f"fresh-{number}", at)])


async def requeued(
    emulator: str, folder: Path, lost: Collection[Delivery], *, is_whole: bool = False
) -> list[str]:
    """Log deliveries without jobs, and give the ids of those that are queued again."""
    settings = settings_for(emulator, state_dir=folder)
    names = Names(settings.name_prefix)
    async with (
        aws_clients(settings) as clients,
        open_notifier_store(settings, None, utc_now) as store,
        asyncio.timeout(SECONDS),
    ):
        url = (await clients.sqs.create_queue(QueueName=names.deliveries))["QueueUrl"]
        epoch = QueueEpoch(store, clients.sqs, url)
        await epoch.begin()
        if is_whole:
            await epoch.validate()
        await store.log_due(lost)
        queue = BusyQueue(store)
        publisher = NewsletterPublisher(
            store, SnsTopics(clients.sns, CreatedTopology(clients, names)), "main", utc_now
        )
        requeuer = Requeuer(
            store=store,
            jobs=queue,
            publisher=publisher,
            epoch=epoch,
            clock=lambda: STARTED,
        )
        await requeuer.requeue()
        assert epoch.is_whole
    return queue.sent


async def test_only_what_was_due_before_is_queued_again_so_that_it_comes_to_an_end(
    ministack: str, tmp_path: Path
) -> None:
    lost = [due_to("s1", f"lost-{number}", EARLIER) for number in range(3)]
    assert await requeued(ministack, tmp_path, lost) == [delivery.id for delivery in lost]


async def test_it_comes_to_an_end_where_more_becomes_due_than_is_queued(
    ministack: str, tmp_path: Path
) -> None:
    lost = [due_to(f"s{number:03d}", at=EARLIER) for number in range(PAGE)]
    sent = await requeued(ministack, tmp_path, lost)
    assert sent[:PAGE] == [delivery.id for delivery in lost]
    assert len(sent) == 2 * PAGE


async def test_nothing_that_is_lost_is_hidden_by_an_old_issue_that_was_fanned_out_just_now(
    ministack: str, tmp_path: Path
) -> None:
    fanned_out = [
        replace(due_to(f"s{number:03d}", "old", EARLIER), at=LATER) for number in range(PAGE)
    ]
    lost = [due_to(f"s{number}", "lost", EARLIER + MOMENT) for number in range(50)]
    sent = await requeued(ministack, tmp_path, [*fanned_out, *lost])
    assert {delivery.id for delivery in lost} <= set(sent)
    assert len([one for one in sent if one.endswith("-lost")]) == len(lost)


async def test_a_queue_that_lost_nothing_gets_no_more_than_a_page_of_the_oldest_again(
    ministack: str, tmp_path: Path
) -> None:
    due = [due_to("s1", f"due-{number}", EARLIER + number * MOMENT) for number in range(3 * PAGE)]
    sent = await requeued(ministack, tmp_path, due, is_whole=True)
    assert sent == [delivery.id for delivery in due[:PAGE]]
