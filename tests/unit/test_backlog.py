"""The backlog is the last sample and what was queued since, whatever happens while sampling."""

from __future__ import annotations

import asyncio

import pytest

from producer.backlog import Backlog


class CountOnDemand:
    """A queue that answers each time it is asked only when it is told what to answer."""

    def __init__(self) -> None:
        self.asked: asyncio.Queue[asyncio.Future[int]] = asyncio.Queue()

    async def backlog(self) -> int:
        answer: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self.asked.put_nowait(answer)
        return await answer


@pytest.fixture
def tickets() -> CountOnDemand:
    return CountOnDemand()


@pytest.fixture
def backlog(tickets: CountOnDemand) -> Backlog:
    return Backlog(tickets)


async def test_what_is_queued_counts_on_top_of_the_last_sample(
    backlog: Backlog, tickets: CountOnDemand
) -> None:
    backlog.queued()
    sample = asyncio.create_task(backlog.sample())
    asked = await tickets.asked.get()
    assert backlog.count == 1
    backlog.queued()
    asked.set_result(41)
    await sample
    assert backlog.count == 42


async def test_a_sample_that_fails_forgets_nothing(
    backlog: Backlog, tickets: CountOnDemand
) -> None:
    backlog.queued()
    sample = asyncio.create_task(backlog.sample())
    (await tickets.asked.get()).set_exception(ConnectionError())
    with pytest.raises(ConnectionError):
        await sample
    assert backlog.count == 1


async def test_two_samples_at_once_take_nothing_off_twice(
    backlog: Backlog, tickets: CountOnDemand
) -> None:
    backlog.queued()
    samples = [asyncio.create_task(backlog.sample()) for _ in range(2)]
    for _ in samples:
        (await tickets.asked.get()).set_result(5)
    await asyncio.gather(*samples)
    assert backlog.count == 5
