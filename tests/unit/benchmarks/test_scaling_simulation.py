"""The simulated shop scales as its real one should, and the rule notices when one does not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from benchmarks.scaling.checks import TOLERANCE, differences
from benchmarks.scaling.loads import Rate, arrivals, sine, spike, step
from benchmarks.scaling.simulation import Point, Setup, simulate
from shop.scaling.autoscaler import ScalingPolicy
from shop.scaling.target import BaristaRange

BOUNDS = BaristaRange(1, 4)
SETUP = Setup(ScalingPolicy(BOUNDS, acceptable_wait=60), concurrency=4, tick=5, start_seconds=2)
STEP = step(low=0.05, high=0.8, since=60, until=600)


def run(rate: Rate, seconds: float = 1500) -> Sequence[Point]:
    return simulate(SETUP, [(at, 20) for at in arrivals(rate, seconds)], seconds)


@pytest.fixture(scope="module")
def stepped() -> Sequence[Point]:
    return run(STEP)


def test_so_many_orders_come_as_the_rate_adds_up_to() -> None:
    assert len(arrivals(step(1, 3, since=10, until=20), 30)) == 10 + 30 + 10
    assert len(arrivals(sine(0, 2, period=50), 100)) == pytest.approx(100, abs=1)
    assert [at for at in arrivals(spike(0, 5, at=7, seconds=1), 60) if not 7 <= at < 8] == []


def test_under_a_step_workers_rise_to_the_maximum_and_fall_to_the_minimum(
    stepped: Sequence[Point],
) -> None:
    assert differences(stepped, stepped, BOUNDS) == []


def test_the_simulated_shop_finishes_everything(stepped: Sequence[Point]) -> None:
    assert stepped[-1].backlog is not None
    assert stepped[-1].backlog <= 2


def test_a_spike_that_is_within_the_acceptable_wait_changes_nothing() -> None:
    workers = {point.workers for point in run(spike(0.05, 10, at=60, seconds=1), 300)}

    assert workers == {1}


def test_a_run_that_is_late_is_noticed(stepped: Sequence[Point]) -> None:
    on_time = [replace(point, at=point.at + TOLERANCE - 0.1) for point in stepped]
    late = [replace(point, at=point.at + TOLERANCE + 0.1) for point in stepped]

    assert differences(stepped, on_time, BOUNDS) == []
    assert len(differences(stepped, late, BOUNDS)) == 6


def test_a_run_that_leaves_the_range_or_never_reaches_its_ends_is_noticed(
    stepped: Sequence[Point],
) -> None:
    crowd = [replace(point, workers=point.workers + 1) for point in stepped]
    few = [replace(point, workers=1) for point in stepped]

    assert differences(stepped, crowd, BOUNDS)[0] == "the shop leaves the range of 1 to 4"
    assert differences(stepped, few, BOUNDS) == ["the shop rises to 1 only"]
    assert differences(stepped, stepped[:80], BOUNDS) == ["the shop falls to 4 only"]
