"""Turns: a subscriber takes up a few slots, the rest come back when it is their turn."""

from __future__ import annotations

import contextlib

import pytest

from notifier.deliveries.concurrency import LONGEST_WAIT, Turns

AT_ONCE = 2


class Clock:
    """Seconds, which pass when the test says so."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def turns(clock: Clock) -> Turns:
    return Turns(AT_ONCE, clock)


def test_so_many_are_let_in_at_once_and_the_next_has_to_wait(turns: Turns) -> None:
    with contextlib.ExitStack() as under_way:
        for _ in range(AT_ONCE):
            assert turns.wait("slow") == 0
            under_way.enter_context(turns.taken("slow"))
        assert turns.wait("slow") > 0
    assert turns.wait("slow") == 0


def test_one_subscriber_does_not_wait_for_another(turns: Turns) -> None:
    with turns.taken("slow"), turns.taken("slow"):
        assert turns.wait("quick") == 0


def test_who_waits_gets_a_turn_of_its_own_later_than_those_before(turns: Turns) -> None:
    with turns.taken("slow"), turns.taken("slow"):
        waits = [turns.wait("slow") for _ in range(10)]
    assert waits == sorted(set(waits))


def test_nobody_waits_long_for_a_subscriber_that_was_slow_for_a_moment(
    turns: Turns, clock: Clock
) -> None:
    with turns.taken("slow"):
        clock.seconds += 60
    with turns.taken("slow"), turns.taken("slow"):
        waits = [turns.wait("slow") for _ in range(1000)]
    assert max(waits) <= LONGEST_WAIT


def test_the_many_who_wait_longest_do_not_come_back_together(turns: Turns, clock: Clock) -> None:
    with turns.taken("slow"):
        clock.seconds += 60
    with turns.taken("slow"), turns.taken("slow"):
        waits = [turns.wait("slow") for _ in range(1000)]
    assert len(set(waits)) > 900
    assert max(waits) - min(waits[100:]) > LONGEST_WAIT / 4


def test_the_slower_a_subscriber_has_been_the_longer_the_others_wait(
    turns: Turns, clock: Clock
) -> None:
    def wait() -> float:
        with turns.taken("slow"):
            return turns.wait("slow")

    with turns.taken("slow"):
        at_first = wait()
        with turns.taken("slow"):
            clock.seconds += 5
        clock.seconds += 60
        assert wait() > 10 * at_first


def test_a_turn_ends_with_an_attempt_that_fails(turns: Turns) -> None:
    for _ in range(2 * AT_ONCE):
        with pytest.raises(RuntimeError), turns.taken("failing"):
            raise RuntimeError
    assert turns.wait("failing") == 0
