"""When a soak calls a process level, and how it finds and shows what the process held."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.soak.chart import draw
from benchmarks.soak.footprint import Footprint, Sample
from benchmarks.soak.level import (
    ARENA,
    HOUR,
    POOLED,
    Finding,
    Judgement,
    LoadTime,
    judge,
    theil_sen,
)

LOAD = LoadTime(begin=20, end=260, settled=280)
MEMORY = 500_000_000
LEVEL, UNCLEAR, NOT_LEVEL = Finding.LEVEL, Finding.UNCLEAR, Finding.NOT_LEVEL


def footprint(*samples: Sample, ended: bool = False) -> Footprint:
    return Footprint("counter", psutil.Process(), list(samples), ended)


def judged(
    memory_after: float = 0, descriptors: int = 20, descriptors_after: int = 20
) -> Judgement:
    """Judge a process whose memory grows by a part of itself in the hour after half the load."""
    samples = [
        Sample(
            at,
            round(MEMORY * (1 + memory_after * max(0, at - 140) / HOUR)),
            descriptors_after if at > LOAD.end else descriptors,
        )
        for at in range(281)
    ]
    return judge(footprint(*samples), LOAD)


def test_a_process_that_holds_what_it_held_is_level() -> None:
    judgement = judged()

    assert judgement.finding is LEVEL
    assert (judgement.memory, judgement.growth) == (MEMORY, 0)


@pytest.mark.parametrize(("growth", "finding"), [(0.05, LEVEL), (0.2, NOT_LEVEL), (-0.2, LEVEL)])
def test_memory_may_grow_by_less_than_a_tenth_in_an_hour(growth: float, finding: Finding) -> None:
    judgement = judged(growth)

    assert judgement.growth == pytest.approx(growth, rel=0.01)
    assert judgement.finding is finding


@pytest.mark.parametrize(("minutes", "finding"), [(10, UNCLEAR), (12, NOT_LEVEL)])
def test_a_leak_that_is_too_small_to_show_in_the_time_is_not_called_level(
    minutes: int, finding: Finding
) -> None:
    load = LoadTime(20, 20 + 60 * minutes, 40 + 60 * minutes)
    leak = 11.5 * 2**20
    samples = [
        Sample(at, round(85 * 2**20 + leak * at / HOUR), 20) for at in range(int(load.settled) + 1)
    ]

    assert judge(footprint(*samples), load).finding is finding
    assert (leak < load.shows_from) is (finding is UNCLEAR)


def test_only_what_is_known_to_be_wrong_is_no_good() -> None:
    assert [finding for finding in Finding if finding.is_good] == [LEVEL, UNCLEAR]


def test_what_fills_in_the_first_half_of_the_load_does_not_count() -> None:
    samples = [Sample(at, MEMORY + 100_000 * min(at, 140), 20) for at in range(281)]

    assert judge(footprint(*samples), LOAD).finding is LEVEL


@pytest.mark.parametrize(("steps", "finding"), [(1, LEVEL), (3, NOT_LEVEL)])
def test_one_step_of_the_allocator_is_no_trend(steps: int, finding: Finding) -> None:
    small = 50_000_000
    samples = [
        Sample(at, small + ARENA * sum(at > 140 + 30 * step for step in range(1, steps + 1)), 20)
        for at in range(281)
    ]

    assert judge(footprint(*samples), LOAD).finding is finding


def test_more_descriptors_after_the_load_than_before_it_are_not_level() -> None:
    assert judged(descriptors_after=20 + POOLED + 1).finding is NOT_LEVEL
    assert judged(descriptors_after=20 + POOLED).finding is LEVEL


def test_descriptors_during_the_load_do_not_count() -> None:
    samples = [Sample(at, MEMORY, 500 if 20 < at < 260 else 20) for at in range(281)]

    assert judge(footprint(*samples), LOAD).finding is LEVEL


def test_a_process_that_ended_is_not_level() -> None:
    samples = [Sample(at, MEMORY, 20) for at in range(200)]

    assert judge(footprint(*samples), LOAD).finding is Finding.ENDED
    assert judge(footprint(*samples, ended=True), LOAD).finding is Finding.ENDED


def test_an_ended_process_is_noticed() -> None:
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    watched = Footprint("child", psutil.Process(child.pid))
    watched.take(1)
    child.communicate()
    watched.take(2)

    assert [sample.at for sample in watched.samples] == [1]
    assert watched.samples[0].memory > 0
    assert watched.samples[0].descriptors >= 3
    assert watched.ended


@given(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6), st.integers(2, 1000))
def test_the_line_through_points_on_a_line_is_that_line(
    slope: float, start: float, count: int
) -> None:
    points = [(float(x), start + slope * x) for x in range(count)]

    assert theil_sen(points) == pytest.approx(slope, abs=1e-6)


def test_a_few_outliers_do_not_move_the_line() -> None:
    points = [(float(x), 1e9 if x % 10 == 0 else 2.0 * x) for x in range(100)]

    assert theil_sen(points) == pytest.approx(2, abs=0.5)


def test_one_point_has_no_slope() -> None:
    assert theil_sen([(1, 1)]) == 0


def test_the_chart_is_a_small_png(tmp_path: Path) -> None:
    path = tmp_path / "made" / "soak.png"
    samples = [Sample(at, MEMORY + at % 7 * 4096, 20 + at % 3) for at in range(281)]

    draw([footprint(*samples)], LOAD, "a title", path)

    assert path.read_bytes().startswith(b"\x89PNG")
    assert path.stat().st_size < 150_000
