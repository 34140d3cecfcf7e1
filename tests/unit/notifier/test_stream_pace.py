"""The pace of a live queue's polls: none in a quiet shop, none where there are plenty."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from notifier.stream.pace import Pace


@dataclass
class Clock:
    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


def polled(clock: Clock, pace: Pace, *, each: int, every: float, times: int) -> None:
    for _ in range(times):
        clock.now += every
        pace.received(each, 10)


def test_a_quiet_shop_has_no_pauses() -> None:
    clock = Clock()
    pace = Pace(40, 0.05, clock)
    polled(clock, pace, each=1, every=0.1, times=50)
    assert pace.pause() == 0


def test_a_busy_shop_has_pauses_from_one_second_to_the_next() -> None:
    clock = Clock()
    pace = Pace(40, 0.05, clock)
    polled(clock, pace, each=1, every=0.01, times=210)
    assert pace.pause() == pytest.approx(0.05)
    clock.now += 0.03
    assert 0 < pace.pause() < 0.03
    clock.now += 1
    assert pace.pause() == 0


def test_full_polls_and_empty_ones_are_followed_at_once() -> None:
    clock = Clock()
    pace = Pace(40, 0.05, clock)
    polled(clock, pace, each=1, every=0.01, times=210)
    for count in (10, 0):
        pace.received(count, 10)
        assert pace.pause() == 0


def test_the_first_event_after_a_quiet_while_is_followed_at_once() -> None:
    clock = Clock()
    pace = Pace(40, 0.05, clock)
    polled(clock, pace, each=1, every=0.01, times=210)
    polled(clock, pace, each=1, every=60, times=1)
    assert pace.pause() == 0
