"""How many baristas a backlog, or a rate of orders, is work for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop.scaling.target import Throughput, expected_wait, workers_at, workers_for

throughputs = st.builds(Throughput, st.floats(0.01, 1000), st.integers(1, 1000))


@pytest.mark.parametrize(
    ("backlog", "workers"), [(0, 0), (1, 1), (8, 1), (9, 2), (16, 2), (17, 3), (3000, 375)]
)
def test_the_formula_of_the_design(backlog: int, workers: int) -> None:
    assert workers_for(backlog, Throughput(prep_seconds=30, concurrency=4), 60) == workers


def test_what_divides_evenly_is_no_work_for_one_more() -> None:
    assert workers_for(30, Throughput(prep_seconds=0.3, concurrency=1), 3) == 3
    assert workers_at(0.1 * 3, Throughput(prep_seconds=10, concurrency=1)) == 3


@given(throughput=throughputs, backlog=st.integers(0, 10**6), wait=st.floats(1, 1000))
def test_so_many_baristas_are_enough_and_one_fewer_is_not(
    throughput: Throughput, backlog: int, wait: float
) -> None:
    workers = workers_for(backlog, throughput, wait)

    assert expected_wait(backlog, workers, throughput) <= wait * (1 + 1e-6) + 1e-6
    if workers > 1:
        assert expected_wait(backlog, workers - 1, throughput) > wait * (1 - 1e-6)


@given(throughput=throughputs, rate=st.floats(0, 1000))
def test_those_who_keep_up_with_a_rate_finish_what_a_minute_brings_within_it(
    throughput: Throughput, rate: float
) -> None:
    assert workers_for(rate * 60, throughput, 60) == pytest.approx(
        workers_at(rate, throughput), abs=1
    )
