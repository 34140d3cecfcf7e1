"""The roster at the front desk is looked up as often as it needs to be, and no more."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Sequence

import pytest

from producer.orders.worker_heartbeats import LOOK_AGAIN_SECONDS, Roster
from shared.domain.shop import Shift
from shared.store.contract import StoreUnavailableError
from tests.support.orders import NOON

ADA, GRACE = Shift("ada", 4, NOON), Shift("grace", 4, NOON)


class Looks:
    """A store that counts how often it is asked, and a clock that the test turns."""

    def __init__(self) -> None:
        self.shifts: Sequence[Shift] | None = [ADA]
        self.count = 0
        self.seconds = 100.0

    async def on_shift(self, _: dt.datetime) -> Sequence[Shift]:
        self.count += 1
        await asyncio.sleep(0)
        if self.shifts is None:
            raise StoreUnavailableError("the store is out of reach")
        return self.shifts


@pytest.fixture
def looks() -> Looks:
    return Looks()


@pytest.fixture
def roster(looks: Looks) -> Roster:
    return Roster(looks, lambda: looks.seconds)


async def test_orders_that_come_at_once_share_a_look(looks: Looks, roster: Roster) -> None:
    seen = await asyncio.gather(*(roster.on_shift(NOON) for _ in range(100)))

    assert seen == [[ADA]] * 100
    assert looks.count == 1


async def test_who_has_come_since_is_seen_after_a_second(looks: Looks, roster: Roster) -> None:
    await roster.on_shift(NOON)
    looks.shifts = [ADA, GRACE]

    assert await roster.on_shift(NOON) == [ADA]
    looks.seconds += LOOK_AGAIN_SECONDS
    assert await roster.on_shift(NOON) == [ADA, GRACE]


async def test_a_look_that_failed_is_made_again_by_the_next_who_asks(
    looks: Looks, roster: Roster
) -> None:
    looks.shifts = None
    with pytest.raises(StoreUnavailableError):
        await roster.on_shift(NOON)
    looks.shifts = [GRACE]

    assert await roster.on_shift(NOON) == [GRACE]
