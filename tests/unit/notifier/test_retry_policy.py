"""When a delivery is tried again: later each time, never too early, and not for ever."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.deliveries.retry_policy import (
    CLOCKS_DIFFER,
    LONGEST_PAUSE,
    RetryPolicy,
    seconds_until_due,
    wait_by_age,
)
from shared.domain.delivery import Delivery, DeliveryState

NOON = dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC)
PAUSES = st.lists(st.floats(0.1, LONGEST_PAUSE), max_size=10)
PART = st.floats(0, 1)


SECOND = dt.timedelta(seconds=1)


def tried(at: dt.datetime | None, not_before: dt.datetime | None) -> Delivery:
    return Delivery(
        subscription_id="s1",
        id="d1",
        topic="coupons",
        event_id="e1",
        event_type="t",
        event="{}",
        at=NOON,
        state=DeliveryState.DUE,
        attempts=1,
        tried_at=at,
        not_before=not_before,
    )


@given(pauses=PAUSES, part=PART)
def test_there_is_one_attempt_more_than_there_are_pauses(pauses: list[float], part: float) -> None:
    retry_policy = RetryPolicy(pauses)
    waits = [retry_policy.pause(n, None, lambda: part) for n in range(1, len(pauses) + 2)]
    assert waits[-1] is None
    assert all(wait is not None for wait in waits[:-1])


@given(pauses=PAUSES.filter(bool), part=PART, data=st.data())
def test_a_pause_is_a_fifth_shorter_at_most(
    pauses: list[float], part: float, data: st.DataObject
) -> None:
    attempts = data.draw(st.integers(1, len(pauses)))
    wait = RetryPolicy(pauses).pause(attempts, None, lambda: part)
    assert wait is not None
    assert 0.8 * pauses[attempts - 1] <= wait * (1 + 1e-9)
    assert wait <= pauses[attempts - 1]


@given(pauses=PAUSES.filter(bool), asked=st.floats(0, 1e9), part=PART)
def test_a_subscriber_that_asks_for_more_time_gets_it_up_to_what_the_queue_can_wait(
    pauses: list[float], asked: float, part: float
) -> None:
    wait = RetryPolicy(pauses).pause(1, asked, lambda: part)
    assert wait is not None
    assert min(asked, LONGEST_PAUSE) <= wait <= LONGEST_PAUSE


def test_asking_for_time_gives_no_further_attempt() -> None:
    assert RetryPolicy([5]).pause(2, 60, lambda: 0) is None


@given(attempts=st.integers(1, 4))
def test_an_attempt_that_may_be_in_progress_holds_back_the_next(attempts: int) -> None:
    retry_policy = RetryPolicy([5, 100], longest_attempt=15)
    assert retry_policy.claim_seconds(attempts) == (80 if attempts == 2 else 15)


@given(wait=st.floats(0, LONGEST_PAUSE), gone=st.floats(0, LONGEST_PAUSE))
def test_a_second_job_waits_for_what_is_left_until_the_next_attempt(
    wait: float, gone: float
) -> None:
    delivery = tried(NOON, NOON + wait * SECOND)
    left = seconds_until_due(delivery, NOON + gone * SECOND)
    assert left == pytest.approx(max(0, wait - gone), abs=1e-5)


@given(back=st.floats(CLOCKS_DIFFER.total_seconds() + 1, 1e8), wait=st.floats(0, LONGEST_PAUSE))
def test_a_clock_that_was_set_back_keeps_nothing_waiting(back: float, wait: float) -> None:
    assert seconds_until_due(tried(NOON, NOON + wait * SECOND), NOON - back * SECOND) == 0


def test_another_notifiers_clock_may_be_a_little_behind() -> None:
    assert seconds_until_due(tried(NOON, NOON + 15 * SECOND), NOON - SECOND) == 16


def test_what_was_never_tried_may_be_tried_now() -> None:
    assert seconds_until_due(tried(None, None), NOON) == 0


@given(age=st.floats(0, 3 * 24 * 3600))
def test_the_longer_a_confirmation_is_pending_the_longer_the_pause(age: float) -> None:
    now = NOON + dt.timedelta(seconds=age)
    assert 5 <= wait_by_age(NOON, now) <= 3600
    assert wait_by_age(NOON, now) <= wait_by_age(NOON, now + dt.timedelta(hours=1))


def test_a_clock_that_was_set_back_does_not_make_it_wait_for_less_than_nothing() -> None:
    assert wait_by_age(NOON, NOON - dt.timedelta(hours=1)) == 5
