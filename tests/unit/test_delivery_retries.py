"""When a delivery is tried again: later each time, never too early, and not for ever."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.delivering.retries import LONGEST_PAUSE, Schedule, wait_by_age
from shared.domain.delivery_log import LoggedDelivery, LoggedState

NOON = dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC)
PAUSES = st.lists(st.floats(0.1, LONGEST_PAUSE), max_size=10)
PART = st.floats(0, 1)


def tried(
    attempts: int, at: dt.datetime | None = NOON, error: str | None = "503"
) -> LoggedDelivery:
    return LoggedDelivery(
        subscription_id="s1",
        id="d1",
        topic="coupons",
        event_id="e1",
        event_type="t",
        event="{}",
        at=NOON,
        state=LoggedState.DUE,
        attempts=attempts,
        tried_at=at,
        error=error,
    )


@given(pauses=PAUSES, part=PART)
def test_there_is_one_attempt_more_than_there_are_pauses(pauses: list[float], part: float) -> None:
    schedule = Schedule(pauses)
    waits = [schedule.pause(n, None, lambda: part) for n in range(1, len(pauses) + 2)]
    assert waits[-1] is None
    assert all(wait is not None for wait in waits[:-1])


@given(pauses=PAUSES.filter(bool), part=PART, data=st.data())
def test_a_pause_is_a_fifth_shorter_at_most(
    pauses: list[float], part: float, data: st.DataObject
) -> None:
    attempts = data.draw(st.integers(1, len(pauses)))
    wait = Schedule(pauses).pause(attempts, None, lambda: part)
    assert wait is not None
    assert 0.8 * pauses[attempts - 1] <= wait * (1 + 1e-9)
    assert wait <= pauses[attempts - 1]


@given(pauses=PAUSES.filter(bool), asked=st.floats(0, 1e9), part=PART)
def test_who_asks_for_more_time_gets_it_up_to_what_the_queue_can_wait(
    pauses: list[float], asked: float, part: float
) -> None:
    wait = Schedule(pauses).pause(1, asked, lambda: part)
    assert wait is not None
    assert min(asked, LONGEST_PAUSE) <= wait <= LONGEST_PAUSE


@given(pauses=PAUSES, age=st.floats(0, 1e6), part=PART)
def test_what_is_not_counted_has_an_end_when_the_schedule_has(
    pauses: list[float], age: float, part: float
) -> None:
    wait = Schedule(pauses).pause_at(age, None, lambda: part)
    assert (wait is None) == (age >= 0.8 * sum(pauses) or not pauses) or age == pytest.approx(
        0.8 * sum(pauses)
    )


def test_what_is_not_counted_is_tried_as_if_it_always_had_been_in_time() -> None:
    schedule = Schedule([5, 30, 120])
    waits = [schedule.pause_at(age, None, lambda: 0) for age in (0, 3, 4, 27, 28, 123, 124)]
    assert waits == [5, 5, 30, 30, 120, 120, None]


def test_asking_for_time_gives_no_further_attempt() -> None:
    assert Schedule([5]).pause(2, 60, lambda: 0) is None


@given(pauses=PAUSES.filter(bool), part=PART, data=st.data())
def test_what_has_waited_out_its_pause_is_never_too_early(
    pauses: list[float], part: float, data: st.DataObject
) -> None:
    attempts = data.draw(st.integers(1, len(pauses)))
    schedule = Schedule(pauses)
    wait = schedule.pause(attempts, None, lambda: part)
    assert wait is not None
    later = NOON + dt.timedelta(seconds=wait, microseconds=1)
    assert schedule.too_early(tried(attempts), later) == 0


def test_a_second_errand_waits_for_what_is_left_of_the_pause() -> None:
    schedule = Schedule([100, 200])
    assert schedule.too_early(tried(1), NOON + dt.timedelta(seconds=30)) == 50
    assert schedule.too_early(tried(2), NOON + dt.timedelta(seconds=30)) == 130
    assert schedule.too_early(tried(2), NOON + dt.timedelta(seconds=161)) == 0


@given(attempts=st.integers(1, 3))
def test_what_may_be_under_way_still_is_not_tried_beside_it(attempts: int) -> None:
    schedule = Schedule([5, 100], longest_attempt=15)
    begun, later = tried(attempts, error=None), NOON + dt.timedelta(seconds=10)
    assert schedule.too_early(begun, later) == (70 if attempts == 2 else 5)
    assert schedule.too_early(begun, NOON + dt.timedelta(minutes=3)) == 0


def test_what_was_never_tried_or_has_no_pause_left_may_be_tried_now() -> None:
    schedule = Schedule([100])
    assert schedule.too_early(tried(0, None), NOON) == 0
    assert schedule.too_early(tried(2), NOON) == 0


@given(age=st.floats(0, 3 * 24 * 3600))
def test_the_longer_nobody_has_agreed_the_later_it_is_looked_again(age: float) -> None:
    now = NOON + dt.timedelta(seconds=age)
    assert 5 <= wait_by_age(NOON, now) <= 3600
    assert wait_by_age(NOON, now) <= wait_by_age(NOON, now + dt.timedelta(hours=1))


def test_a_clock_that_was_set_back_does_not_make_it_wait_for_less_than_nothing() -> None:
    assert wait_by_age(NOON, NOON - dt.timedelta(hours=1)) == 5
