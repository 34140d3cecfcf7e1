"""Waits are estimated from heartbeats that are read as often as needed, and no more."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from producer.documents.document import Read
from producer.orders.admission import HEARTBEATS_TTL_SECONDS, WaitEstimator
from producer.orders.backlog import Backlog
from shared.domain.estimate import Estimate
from shared.domain.menu import Choice, Menu, MenuItem
from shared.domain.shop import WorkerHeartbeat
from shared.runtime.ttl_cache import TtlCache
from shared.store.contract import StoreUnavailableError
from tests.support.orders import NOON

ADA, GRACE = WorkerHeartbeat("ada", 4, NOON), WorkerHeartbeat("grace", 4, NOON)
LATTE = MenuItem(
    id="latte",
    name="Caffè latte",
    description="",
    category="coffee",
    prep_seconds=60,
    sizes=(Choice("large", "Large", 520),),
)
MENU = Menu("USD", (LATTE,))


async def current_menu() -> Read[Menu]:
    return Read(1, MENU)


class Store:
    """A store that counts its reads, and a clock that the test turns."""

    def __init__(self) -> None:
        self.heartbeats: Sequence[WorkerHeartbeat] | None = [ADA]
        self.reads = 0
        self.seconds = 100.0

    async def read(self) -> Sequence[WorkerHeartbeat]:
        self.reads += 1
        await asyncio.sleep(0)
        if self.heartbeats is None:
            raise StoreUnavailableError("the store is unavailable")
        return self.heartbeats


class EightTickets:
    async def waiting_and_in_flight(self) -> tuple[int, int]:
        return 5, 3


@pytest.fixture
def store() -> Store:
    return Store()


@pytest.fixture
def heartbeats(store: Store) -> TtlCache[Sequence[WorkerHeartbeat]]:
    return TtlCache(store.read, HEARTBEATS_TTL_SECONDS, lambda: store.seconds)


async def test_orders_that_come_at_once_share_a_read(
    store: Store, heartbeats: TtlCache[Sequence[WorkerHeartbeat]]
) -> None:
    seen = await asyncio.gather(*(heartbeats.get() for _ in range(100)))

    assert seen == [[ADA]] * 100
    assert store.reads == 1


async def test_a_new_worker_is_seen_after_a_second(
    store: Store, heartbeats: TtlCache[Sequence[WorkerHeartbeat]]
) -> None:
    await heartbeats.get()
    store.heartbeats = [ADA, GRACE]

    assert await heartbeats.get() == [ADA]
    store.seconds += HEARTBEATS_TTL_SECONDS
    assert await heartbeats.get() == [ADA, GRACE]


async def test_a_read_that_failed_is_repeated_for_the_next_order(
    store: Store, heartbeats: TtlCache[Sequence[WorkerHeartbeat]]
) -> None:
    store.heartbeats = None
    with pytest.raises(StoreUnavailableError):
        await heartbeats.get()
    store.heartbeats = [GRACE]

    assert await heartbeats.get() == [GRACE]


@pytest.mark.parametrize(
    ("brew_speed", "expected"),
    [(1, Estimate(150, 285)), (10, Estimate(15, 29)), (0, Estimate(0, 0))],
)
async def test_a_wait_is_that_of_the_backlog_and_of_the_order_itself_at_brew_speed(
    heartbeats: TtlCache[Sequence[WorkerHeartbeat]], brew_speed: float, expected: Estimate
) -> None:
    backlog = Backlog(EightTickets())
    await backlog.sample()
    estimator = WaitEstimator(
        heartbeats=heartbeats, backlog=backlog, menu=current_menu, brew_speed=brew_speed
    )
    assert await estimator.estimate(30) == expected


async def test_a_worker_with_people_is_one_pair_of_hands(
    heartbeats: TtlCache[Sequence[WorkerHeartbeat]],
) -> None:
    backlog = Backlog(EightTickets())
    await backlog.sample()
    workers = len(await heartbeats.get())
    estimator = WaitEstimator(
        heartbeats=heartbeats, backlog=backlog, menu=current_menu, brew_speed=1, by_people=True
    )
    typical = (await current_menu()).value.typical_seconds
    assert (await estimator.estimate()).low_seconds == int(8 * typical / workers)
