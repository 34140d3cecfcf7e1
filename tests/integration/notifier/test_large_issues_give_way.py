"""An issue with very many subscribers does not fill the queue that others' deliveries wait in."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry, Counter

from notifier.deliveries.fan_out import FanOut
from notifier.deliveries.lookup import SubscriptionLookup
from notifier.deliveries.room import MOST_WAITING, Room
from notifier.store.sqlite.store import open_sqlite_notifier_store
from shared.aws.clients import aws_clients
from shared.aws.queue import SqsQueue
from shared.clock import utc_now
from shared.consuming.message import Message
from shared.consuming.outcome import Done
from shared.domain.issue import Issue
from shared.domain.subscription import Filter, SubscriptionState
from shared.messages.announcement import CloudEvent, order_event
from tests.contract.subscribers import subscriptions_of
from tests.support.notifier import newsletter, placed, settings_for
from tests.support.waiting import until

PAGE = 500
MANY = 2 * PAGE + 1


@dataclass
class FannedOut:
    """A fan-out whose jobs nobody takes but the test."""

    fan_out: FanOut
    jobs: SqsQueue

    def begin(self, event: CloudEvent, topic: str) -> asyncio.Task[object]:
        message = Message("1", "1", event.model_dump_json(), attributes={"topic": topic})
        return asyncio.create_task(self.fan_out.handle(message))

    async def waiting(self) -> int:
        return (await self.jobs.waiting_and_in_flight())[0]

    async def come(self, count: int) -> None:
        async def have_come() -> bool:
            return await self.waiting() == count

        await until(have_come, 20)

    async def take(self, count: int) -> None:
        for _ in range(count // 10):
            taken = await self.jobs.receive(10)
            await asyncio.gather(*map(self.jobs.delete, taken))


@pytest.fixture
async def fanned_out(ministack: str, tmp_path: Path) -> AsyncIterator[FannedOut]:
    async with (
        aws_clients(settings_for(ministack)) as clients,
        open_sqlite_notifier_store(tmp_path / "shop.db", "main") as store,
    ):
        url = (await clients.sqs.create_queue(QueueName=f"jobs-{tmp_path.name}"))["QueueUrl"]
        jobs = SqsQueue(clients.sqs, url)
        new_subscription = subscriptions_of("main")
        for topic in ("coupons", "order-events"):
            many = [
                replace(new_subscription(topic, state=SubscriptionState.ACTIVE), filter=Filter())
                for _ in range(MANY)
            ]
            await asyncio.gather(*map(store.add_subscription, many))
        dropped = Counter("dropped", "Dropped.", registry=CollectorRegistry())
        lookup = SubscriptionLookup(store.subscribed)
        yield FannedOut(FanOut(store, lookup, jobs, Room(jobs), utc_now, dropped), jobs)
        await jobs.close()


async def test_an_issue_is_queued_page_by_page_as_its_deliveries_are_made(
    fanned_out: FannedOut,
) -> None:
    issue = newsletter("Two for one")
    body = issue.model_dump_json()
    await fanned_out.fan_out.store.add_issue(Issue(issue.id, "coupons", body, issue.time))
    handling = fanned_out.begin(issue, "coupons")
    await fanned_out.come(PAGE)
    await asyncio.sleep(0.6)  # longer than it takes to look again
    assert await fanned_out.waiting() == PAGE
    await fanned_out.take(PAGE - MOST_WAITING)
    await fanned_out.come(MOST_WAITING + PAGE)
    assert not handling.done()
    await fanned_out.take(PAGE)
    assert await handling == Done()
    assert await fanned_out.waiting() == MANY - 2 * PAGE + MOST_WAITING


async def test_an_order_never_gives_way(fanned_out: FannedOut) -> None:
    assert await fanned_out.begin(order_event(placed()), "order-events") == Done()
    assert await fanned_out.waiting() == MANY
