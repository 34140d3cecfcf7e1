"""The autoscaler's decisions, tick by tick: each test is a clock that is asked once a tick."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Sequence
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from shop.scaling.autoscaler import Decision, Floor, Sample, ScalingPolicy, ScalingState, decide
from shop.scaling.target import BaristaRange, Throughput

THROUGHPUT = Throughput(prep_seconds=30, concurrency=4)
POLICY = ScalingPolicy(BaristaRange(1, 4), acceptable_wait=60)
EACH = 8
"""The backlog that one barista of this throughput finishes within the acceptable wait."""


class Clock:
    """Asks the autoscaler at every tick, and does what it says at once."""

    def __init__(self, policy: ScalingPolicy = POLICY, desired: int = 1) -> None:
        self.policy = policy
        self.state = ScalingState(desired)
        self.last = Decision(desired, "")

    def tick(self, backlog: int | None, *floors: Floor, throughput: Throughput = THROUGHPUT) -> int:
        self.state, self.last = decide(self.policy, self.state, Sample(backlog, throughput, floors))
        assert self.last.desired == self.state.desired
        return self.last.desired

    def ticks(self, backlogs: Iterable[int | None]) -> list[int]:
        return [self.tick(backlog) for backlog in backlogs]


def changes(counts: Sequence[int]) -> list[int]:
    """Leave out what only repeats the one before."""
    return [
        count for before, count in zip([None, *counts], counts, strict=False) if count != before
    ]


def test_a_step_of_load_is_believed_at_the_second_tick_and_met_in_one_go() -> None:
    assert Clock().ticks([0, 3 * EACH, 3 * EACH, 3 * EACH]) == [1, 1, 3, 3]


def test_one_by_one_they_go_each_after_fifteen_calm_ticks() -> None:
    counts = Clock(desired=4).ticks([0] * 46)

    assert counts == [4] * 14 + [3] * 15 + [2] * 15 + [1] * 2


def test_a_spike_of_one_tick_changes_nothing() -> None:
    assert set(Clock().ticks([2, 400, 2, 400, 2, 2])) == {1}


def test_a_sine_is_followed_up_and_down_without_flapping() -> None:
    period, days = 240, 2
    wave = [
        round(2 * EACH * (1 - math.cos(2 * math.pi * tick / period)))
        for tick in range(days * period)
    ]

    assert changes(Clock().ticks(wave)) == [1, 2, 3, 4, 3, 2, 1, 2, 3, 4, 3, 2, 1]


def test_zero_backlog_leaves_the_minimum_and_a_minimum_of_nobody_leaves_nobody() -> None:
    assert Clock().ticks([0] * 20)[-1] == 1

    nobody = Clock(ScalingPolicy(BaristaRange(0, 4), 60), desired=1)
    assert nobody.ticks([0] * 20)[-1] == 0
    assert nobody.ticks([1, 1]) == [0, 1]


def test_without_the_metric_it_holds_and_forgets_what_it_had_begun_to_believe() -> None:
    clock = Clock(desired=2)

    assert clock.ticks([400, None, 400]) == [2, 2, 2]
    assert clock.tick(400) == 4
    assert clock.ticks([0] * 14 + [None] * 3 + [0] * 14) == [4] * 31
    assert clock.tick(0) == 3
    clock.tick(None)
    assert clock.last.why == "the backlog is not known"


def test_a_floor_is_met_at_once_and_left_again_one_by_one() -> None:
    clock = Clock()

    assert clock.tick(0, Floor(3, "the schedule")) == 3
    assert clock.last.why == "the schedule asks for at least 3"
    assert [clock.tick(0, Floor(3, "the schedule")) for _ in range(20)] == [3] * 20
    assert changes(clock.ticks([0] * 40)) == [3, 2, 1]


def test_a_floor_is_met_without_the_metric_and_bounded_by_the_maximum() -> None:
    assert Clock().tick(None, Floor(9, "the forecast"), Floor(2, "the schedule")) == 4


def test_a_lower_maximum_holds_at_once() -> None:
    clock = Clock(desired=4)
    clock.policy = ScalingPolicy(BaristaRange(1, 2), 60)

    assert clock.tick(400) == 2
    assert clock.last.why == "there may be 2 at most"


def test_no_waiting_at_all_is_not_divided_by() -> None:
    assert Clock().tick(1000, throughput=Throughput(0, 4)) == 1


ranges = st.integers(0, 6).flatmap(
    lambda least: st.builds(BaristaRange, st.just(least), st.integers(least, 12))
)
samples = st.lists(
    st.tuples(
        st.none() | st.integers(0, 200),
        st.lists(st.builds(Floor, st.integers(0, 20), st.just("somebody")), max_size=2),
    ),
    max_size=80,
)


@given(bounds=ranges, start=st.integers(0, 12), seen=samples)
def test_there_are_never_fewer_than_the_minimum_nor_more_than_the_maximum(
    bounds: BaristaRange, start: int, seen: list[tuple[int | None, list[Floor]]]
) -> None:
    clock = Clock(ScalingPolicy(bounds, 60), desired=start)

    for backlog, floors in seen:
        desired = clock.tick(backlog, *floors)
        assert bounds.least <= desired <= bounds.most
        for floor in floors:
            assert desired >= min(floor.count, bounds.most)


@given(bounds=ranges, backlogs=st.lists(st.none() | st.integers(0, 200), max_size=120))
def test_it_never_flaps(bounds: BaristaRange, backlogs: list[int | None]) -> None:
    """Nobody goes within fifteen ticks of any change, nor two at once; nobody comes at the first.

    So whatever the load does, who has just come stays for fifteen ticks.
    """
    clock = Clock(ScalingPolicy(bounds, 60), desired=bounds.least)
    counts = [bounds.least, *clock.ticks(backlogs)]
    since_change = 0
    for before, after in itertools.pairwise(counts):
        since_change += 1
        if after < before:
            assert after == before - 1
            assert since_change >= POLICY.shrink_after
        if after > before:
            assert since_change >= POLICY.grow_after
        if after != before:
            since_change = 0


@given(backlog=st.integers(0, 500), desired=st.integers(1, 4))
def test_a_steady_backlog_comes_to_rest(backlog: int, desired: int) -> None:
    counts = Clock(desired=desired).ticks([backlog] * 100)

    assert set(counts[50:]) == {max(1, min(math.ceil(backlog / EACH), 4))}


def test_where_people_prepare_the_orders_no_backlog_and_no_floor_changes_the_number() -> None:
    people = Clock(replace(POLICY, scales=False), desired=2)
    assert people.ticks([0, None, 500, 500, 500, *[0] * 20]) == [2] * 25
    assert people.tick(500, Floor(4, "the schedule")) == 2
    assert people.last.why == "people prepare the orders: not scaled"
