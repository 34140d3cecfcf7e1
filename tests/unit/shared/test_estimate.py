"""Estimates are a range of whole seconds that shrinks as time passes, and never below nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.estimate import Estimate, estimate, remaining

backlogs = st.integers(0, 10**6)
slots = st.integers(0, 10**4)
seconds = st.floats(0, 10**6)
elapsed = st.floats(-(10**6), 10**9)


@given(backlog=backlogs, slots=slots, typical=seconds, own=seconds)
def test_an_estimate_is_a_range_that_does_not_begin_below_nothing(
    backlog: int, slots: int, typical: float, own: float
) -> None:
    wait = estimate(backlog, slots, typical, own)
    assert 0 <= wait.low_seconds <= wait.high_seconds


@given(backlog=backlogs, slots=slots, typical=seconds, own=seconds)
def test_a_longer_queue_never_means_a_shorter_wait(
    backlog: int, slots: int, typical: float, own: float
) -> None:
    now, later = (estimate(ahead, slots, typical, own) for ahead in (backlog, backlog + 1))
    assert now.low_seconds <= later.low_seconds
    assert now.high_seconds <= later.high_seconds


@pytest.mark.parametrize(
    ("backlog", "slots", "typical", "own", "wait"),
    [
        (0, 4, 30, 0, Estimate(0, 0)),
        (0, 4, 30, 45, Estimate(45, 68)),
        (10, 4, 30, 45, Estimate(120, 218)),
        (10, 0, 30, 45, Estimate(345, 668)),
        (10, 4, 0, 0, Estimate(0, 0)),
    ],
    ids=["nobody waits", "own work", "a queue", "no workers yet", "no waiting"],
)
def test_the_wait_is_the_work_ahead_shared_by_the_workers(
    backlog: int, slots: int, typical: float, own: float, wait: Estimate
) -> None:
    assert estimate(backlog, slots, typical, own) == wait


@given(backlog=backlogs, slots=slots, own=seconds, elapsed=elapsed)
def test_the_remaining_wait_is_a_range_and_never_more_than_the_estimate(
    backlog: int, slots: int, own: float, elapsed: float
) -> None:
    estimated = estimate(backlog, slots, 30, own)
    left = remaining(estimated, elapsed)
    assert 0 <= left.low_seconds <= left.high_seconds
    assert left.low_seconds <= estimated.low_seconds
    assert left.high_seconds <= estimated.high_seconds


def test_time_that_has_passed_is_taken_off_both_ends() -> None:
    assert remaining(Estimate(40, 90), 50.5) == Estimate(0, 40)
