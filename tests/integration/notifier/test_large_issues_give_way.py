"""An issue with very many subscribers does not fill the queue that others' deliveries wait in."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry, Counter

from notifier.deliveries.backpressure import MOST_WAITING, Backpressure
from notifier.deliveries.fan_out import FanOut
from notifier.deliveries.lookup import SubscriptionLookup
from notifier.store.sqlite.store import open_sqlite_notifier_store
from shared.aws.clients import AwsUnavailableError, aws_clients
from shared.aws.queue import SqsQueue
from shared.clock import utc_now
from shared.consuming.message import Message
from shared.consuming.outcome import Done, Retry
from shared.domain.errors import UnavailableError
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
    stop: asyncio.Event

    async def publish(self) -> CloudEvent:
        issue = newsletter("Two for one")
        body = issue.model_dump_json()
        await self.fan_out.store.add_issue(Issue(issue.id, "coupons", body, issue.time))
        return issue

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
        backpressure = Backpressure(jobs, stop := asyncio.Event())
        fan_out = FanOut(store, lookup, jobs, backpressure, utc_now, dropped)
        yield FannedOut(fan_out, jobs, stop)
        await jobs.close()


async def test_an_issue_is_queued_page_by_page_as_its_deliveries_are_made(
    fanned_out: FannedOut,
) -> None:
    handling = fanned_out.begin(await fanned_out.publish(), "coupons")
    await fanned_out.come(PAGE)
    await asyncio.sleep(0.6)  # longer than it takes to look again
    assert await fanned_out.waiting() == PAGE
    await fanned_out.take(PAGE - MOST_WAITING)
    await fanned_out.come(MOST_WAITING + PAGE)
    assert not handling.done()
    await fanned_out.take(PAGE)
    assert await handling == Done()
    assert await fanned_out.waiting() == MANY - 2 * PAGE + MOST_WAITING


async def test_an_issue_that_is_announced_again_while_it_is_in_hand_is_not_queued_twice(
    fanned_out: FannedOut,
) -> None:
    issue = await fanned_out.publish()
    handling = [fanned_out.begin(issue, "coupons") for _ in range(2)]
    await fanned_out.come(PAGE)
    assert isinstance(await fanned_out.begin(issue, "coupons"), Retry)
    assert sum(each.done() for each in handling) == 1
    await fanned_out.take(PAGE)
    await fanned_out.come(PAGE)
    await fanned_out.take(PAGE)
    ended = await asyncio.gather(*handling)
    assert sorted(type(each).__name__ for each in ended) == ["Done", "Retry"]
    assert await fanned_out.begin(issue, "coupons") == Done()
    assert await fanned_out.waiting() == MANY - 2 * PAGE


async def test_an_issue_that_another_notifier_has_queued_is_not_queued_any_further(
    fanned_out: FannedOut,
) -> None:
    issue = await fanned_out.publish()
    handling = fanned_out.begin(issue, "coupons")
    await fanned_out.come(PAGE)
    await fanned_out.fan_out.store.issue_announced(issue.id)
    await fanned_out.take(PAGE)
    assert await handling == Done()
    assert await fanned_out.waiting() == 0


async def test_an_issue_in_hand_keeps_no_notifier_from_stopping(fanned_out: FannedOut) -> None:
    handling = fanned_out.begin(issue := await fanned_out.publish(), "coupons")
    await fanned_out.come(PAGE)
    fanned_out.stop.set()
    async with asyncio.timeout(2):
        assert isinstance(await handling, Retry)
    assert not await fanned_out.fan_out.store.is_announced(issue.id)


class Counted:
    """A queue in which many wait, for ever, or that does not answer."""

    def __init__(self, error: UnavailableError | None = None) -> None:
        self.error = error

    async def waiting_and_in_flight(self) -> tuple[int, int]:
        if self.error is not None:
            raise self.error
        return MOST_WAITING + 1, 0


async def test_an_issue_waits_for_a_minute_at_most_and_not_for_a_queue_that_does_not_answer() -> (
    None
):
    stopping, away = asyncio.Event(), Counted(AwsUnavailableError("SQS is away"))
    async with asyncio.timeout(2):
        assert await Backpressure(Counted(), stopping, longest_seconds=0.1).wait()
        assert await Backpressure(away, stopping).wait()


async def test_an_order_never_gives_way(fanned_out: FannedOut) -> None:
    assert await fanned_out.begin(order_event(placed()), "order-events") == Done()
    assert await fanned_out.waiting() == MANY
