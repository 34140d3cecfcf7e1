"""The worker_heartbeats at the front desk is looked up as often as it needs to be, and no more."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Sequence

import pytest

from producer.orders.worker_heartbeats import LOOK_AGAIN_SECONDS, WorkerHeartbeatCache
from shared.domain.shop import WorkerHeartbeat
from shared.store.contract import StoreUnavailableError
from tests.support.orders import NOON

ADA, GRACE = WorkerHeartbeat("ada", 4, NOON), WorkerHeartbeat("grace", 4, NOON)


class ScanSchedule:
    """A store that counts how often it is asked, and a clock that the test turns."""

    def __init__(self) -> None:
        self.shifts: Sequence[WorkerHeartbeat] | None = [ADA]
        self.count = 0
        self.seconds = 100.0

    async def worker_heartbeats(self, _: dt.datetime) -> Sequence[WorkerHeartbeat]:
        self.count += 1
        await asyncio.sleep(0)
        if self.shifts is None:
            raise StoreUnavailableError("the store is out of reach")
        return self.shifts


@pytest.fixture
def looks() -> ScanSchedule:
    return ScanSchedule()


@pytest.fixture
def worker_heartbeats(looks: ScanSchedule) -> WorkerHeartbeatCache:
    return WorkerHeartbeatCache(looks, lambda: looks.seconds)


async def test_orders_that_come_at_once_share_a_look(
    looks: ScanSchedule, worker_heartbeats: WorkerHeartbeatCache
) -> None:
    seen = await asyncio.gather(*(worker_heartbeats.worker_heartbeats(NOON) for _ in range(100)))

    assert seen == [[ADA]] * 100
    assert looks.count == 1


async def test_who_has_come_since_is_seen_after_a_second(
    looks: ScanSchedule, worker_heartbeats: WorkerHeartbeatCache
) -> None:
    await worker_heartbeats.worker_heartbeats(NOON)
    looks.shifts = [ADA, GRACE]

    assert await worker_heartbeats.worker_heartbeats(NOON) == [ADA]
    looks.seconds += LOOK_AGAIN_SECONDS
    assert await worker_heartbeats.worker_heartbeats(NOON) == [ADA, GRACE]


async def test_a_look_that_failed_is_made_again_by_the_next_who_asks(
    looks: ScanSchedule, worker_heartbeats: WorkerHeartbeatCache
) -> None:
    looks.shifts = None
    with pytest.raises(StoreUnavailableError):
        await worker_heartbeats.worker_heartbeats(NOON)
    looks.shifts = [GRACE]

    assert await worker_heartbeats.worker_heartbeats(NOON) == [GRACE]
