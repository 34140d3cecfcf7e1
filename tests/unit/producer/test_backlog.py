"""The backlog is the last sample and what was queued since, whatever happens while sampling."""

from __future__ import annotations

import asyncio
import datetime as dt

import pytest

from producer.orders.backlog import Backlog
from producer.reconciling.empty_queue_monitor import EmptyQueueMonitor
from tests.support.orders import NOON


class CountOnDemand:
    """A queue whose every count waits for the answer that the test gives."""

    def __init__(self) -> None:
        self.asked: asyncio.Queue[asyncio.Future[int]] = asyncio.Queue()

    async def waiting_and_in_flight(self) -> tuple[int, int]:
        answer: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self.asked.put_nowait(answer)
        return await answer, 0


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


async def test_a_sample_that_fails_keeps_the_last_count(
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


async def sampled(backlog: Backlog, tickets: CountOnDemand, *counts: int) -> bool:
    """Sample these counts one after the other; return whether the queue counts as empty then."""
    for count in counts:
        sample = asyncio.create_task(backlog.sample())
        (await tickets.asked.get()).set_result(count)
        await sample
    return backlog.is_empty


@pytest.mark.parametrize(
    ("counts", "is_empty"),
    [((), False), ((0,), False), ((0, 0), True), ((0, 1, 0), False), ((1, 0, 0, 0), True)],
)
async def test_the_queue_is_empty_after_two_empty_samples_in_a_row(
    backlog: Backlog, tickets: CountOnDemand, counts: tuple[int, ...], *, is_empty: bool
) -> None:
    assert await sampled(backlog, tickets, *counts) is is_empty


async def test_with_a_ticket_that_was_just_queued_the_queue_is_not_empty(
    backlog: Backlog, tickets: CountOnDemand
) -> None:
    await sampled(backlog, tickets, 0, 0)
    backlog.queued()
    assert not backlog.is_empty
    assert not await sampled(backlog, tickets, 0)
    assert await sampled(backlog, tickets, 0)


async def test_with_a_ticket_queued_while_sampling_the_queue_is_not_empty(
    backlog: Backlog, tickets: CountOnDemand
) -> None:
    await sampled(backlog, tickets, 0, 0)
    sample = asyncio.create_task(backlog.sample())
    asked = await tickets.asked.get()
    backlog.queued()
    asked.set_result(0)
    await sample
    assert not backlog.is_empty


async def test_a_sample_that_fails_breaks_the_row(backlog: Backlog, tickets: CountOnDemand) -> None:
    await sampled(backlog, tickets, 0, 0)
    sample = asyncio.create_task(backlog.sample())
    (await tickets.asked.get()).set_exception(ConnectionError())
    with pytest.raises(ConnectionError):
        await sample
    assert not backlog.is_empty
    assert not await sampled(backlog, tickets, 0)


async def test_the_monitor_remembers_when_it_asked_the_empty_queue_last(
    backlog: Backlog, tickets: CountOnDemand
) -> None:
    times = iter(NOON + dt.timedelta(seconds=n) for n in range(9))
    monitor = EmptyQueueMonitor(backlog, lambda: next(times))
    empty_at = []
    for count in (0, 0, 3, 0, 0):
        sample = asyncio.create_task(monitor.sample())
        (await tickets.asked.get()).set_result(count)
        await sample
        empty_at.append(monitor.empty_at)
    second, fifth = NOON + dt.timedelta(seconds=1), NOON + dt.timedelta(seconds=4)
    assert empty_at == [None, second, second, second, fifth]


async def test_the_monitor_forgets_a_time_once_the_clock_was_set_back(
    backlog: Backlog, tickets: CountOnDemand
) -> None:
    times = iter([NOON, NOON, NOON - dt.timedelta(hours=1)])
    monitor = EmptyQueueMonitor(backlog, lambda: next(times))
    empty_at = []
    for count in (0, 0, 3):
        sample = asyncio.create_task(monitor.sample())
        (await tickets.asked.get()).set_result(count)
        await sample
        empty_at.append(monitor.empty_at)
    assert empty_at == [None, NOON, None]


class Counted:
    """A queue with as many tickets as the test says; it counts how often it was asked."""

    def __init__(self) -> None:
        self.tickets = self.asked = 0

    async def waiting_and_in_flight(self) -> tuple[int, int]:
        self.asked += 1
        return self.tickets, 0


async def test_an_empty_queue_is_asked_every_fifth_time_until_something_is_in_it() -> None:
    queue = Counted()
    backlog = Backlog(queue)
    monitor = EmptyQueueMonitor(backlog, lambda: NOON)

    async def asked(times: int) -> int:
        before = queue.asked
        for _ in range(times):
            await monitor.sample_if_needed()
        return queue.asked - before

    assert await asked(2) == 2  # the counts are approximate: one alone may be wrong
    assert await asked(4 + 1 + 4) == 1
    queue.tickets = 1  # another cashier's
    assert await asked(1) == 1
    assert await asked(3) == 3
    queue.tickets = 0
    assert await asked(2 + 4) == 2
    backlog.queued()
    assert await asked(1) == 1
