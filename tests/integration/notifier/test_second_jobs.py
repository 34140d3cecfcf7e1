"""A second job for a delivery: whenever it comes, it makes no attempt before its time."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from shared.consuming.outcome import Done, Retry
from tests.support.one_delivery import LONGEST_ATTEMPT, PAUSE, one_delivery
from tests.support.webhooks import answers

SECOND = dt.timedelta(seconds=1)
HOUR = 3600
MICROSECOND = 1e-6
"""The log rounds times to it."""


async def test_a_second_job_waits_as_long_as_the_subscriber_asked_for(tmp_path: Path) -> None:
    busy = answers(429, headers={"Retry-After": str(HOUR)})
    async with one_delivery(tmp_path, busy) as one:
        assert await one.run_job() == Retry(HOUR, "answered 429")
        one.clock.moved += (HOUR - 5) * SECOND
        postponed = await one.run_job()
        assert isinstance(postponed, Retry)
        assert 0 < postponed.after <= 5
        assert len(one.subscriber.received) == 1
        one.subscriber.answering = answers(204)
        one.clock.moved += 5 * SECOND
        assert await one.run_job() == Done()


async def test_a_second_job_waits_out_the_pause_of_the_schedule(tmp_path: Path) -> None:
    async with one_delivery(tmp_path, answers(503)) as one:
        first = await one.run_job()
        second = await one.run_job()
        assert isinstance(first, Retry)
        assert isinstance(second, Retry)
        assert first.after - 5 < second.after <= first.after + MICROSECOND
        assert len(one.subscriber.received) == 1


async def test_an_attempt_without_a_result_is_not_made_again_at_once(
    tmp_path: Path,
) -> None:
    async with one_delivery(tmp_path, answers(204)) as one:
        now = one.clock()
        await one.store.claim_attempt(one.delivery, now, now + LONGEST_ATTEMPT * SECOND)
        postponed = await one.run_job()
        assert isinstance(postponed, Retry)
        assert LONGEST_ATTEMPT - 5 < postponed.after <= LONGEST_ATTEMPT
        one.clock.moved += LONGEST_ATTEMPT * SECOND
        assert await one.run_job() == Done()


async def test_a_clock_that_was_set_back_an_hour_stalls_no_retry(tmp_path: Path) -> None:
    async with one_delivery(tmp_path, answers(503)) as one:
        await one.run_job()
        one.clock.moved -= HOUR * SECOND
        one.subscriber.answering = answers(204)
        one.clock.moved += PAUSE * SECOND
        assert await one.run_job() == Done()
