"""Requests to AWS of the last hour, out of counts that start anew with each process."""

from __future__ import annotations

import datetime as dt

import pytest

from producer.reports.aws_usage import AwsUsageHistory, rates
from shared.aws.prices import US_EAST_1
from shared.domain.shop import WorkerHeartbeat
from shared.runtime.aws_requests import Billed

NOON = dt.datetime(2026, 5, 4, 12, tzinfo=dt.UTC)


class Shop:
    """A cashier and its workers, whose counts are set."""

    def __init__(self) -> None:
        self.now, self.own = NOON, Billed(1000, 500)
        self.behind = dt.timedelta(0)
        self.workers: dict[str, tuple[int, int]] = {"ada": (70, 7)}
        self.history = AwsUsageHistory(self.heartbeats, lambda: self.own, lambda: self.now)

    async def heartbeats(self) -> list[WorkerHeartbeat]:
        return [
            WorkerHeartbeat(name, 1, self.now - self.behind, sqs_requests=sqs, sns_requests=sns)
            for name, (sqs, sns) in self.workers.items()
        ]

    async def after(self, minutes: float) -> Billed:
        self.now += dt.timedelta(minutes=minutes)
        return (await self.history.usage()).billed


@pytest.fixture
async def shop() -> Shop:
    shop = Shop()
    assert await shop.after(0) == Billed(0, 0)
    return shop


async def test_what_was_requested_before_the_first_sample_is_not_counted(shop: Shop) -> None:
    shop.own, shop.workers["ada"] = Billed(1010, 505), (75, 9)
    assert await shop.after(1) == Billed(15, 7)


async def test_a_worker_that_starts_later_or_anew_counts_from_its_start(shop: Shop) -> None:
    shop.workers |= {"ada": (3, 1), "grace": (20, 2)}
    assert await shop.after(1) == Billed(23, 3)


async def test_a_worker_whose_heartbeat_was_late_is_not_counted_twice(shop: Shop) -> None:
    late = shop.workers.pop("ada")
    assert await shop.after(1) == Billed(0, 0)
    shop.workers["ada"] = (late[0] + 5, late[1])
    assert await shop.after(1) == Billed(5, 0)


async def test_a_heartbeat_of_the_past_is_no_new_start(shop: Shop) -> None:
    shop.workers["ada"] = (75, 7)
    assert await shop.after(1) == Billed(5, 0)
    shop.behind, shop.workers["ada"] = dt.timedelta(minutes=2), (70, 7)
    assert await shop.after(1) == Billed(5, 0)


async def test_only_the_last_hour_counts(shop: Shop) -> None:
    shop.own = Billed(1100, 500)
    assert await shop.after(10) == Billed(100, 0)
    shop.own = Billed(1101, 500)
    assert await shop.after(50) == Billed(101, 0)
    usage = await shop.history.usage()
    assert (usage.since, usage.workers) == (NOON, 1)
    assert await shop.after(11) == Billed(1, 0)
    assert (await shop.history.usage()).since == NOON + dt.timedelta(minutes=11)


def test_dollars_are_for_a_million_orders_at_the_plans_prices() -> None:
    found = rates(Billed(sqs=120, sns=30), 10)
    assert found is not None
    assert found.requests_per_order == 15
    assert found.dollars_per_million == pytest.approx(12 * US_EAST_1.sqs + 3 * US_EAST_1.sns)
    assert rates(Billed(5, 5), 0) is None
