"""The README's figures are those of the run, under the names that the benchmarks give them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

import pytest

from benchmarks.bench.readme import readme_lines
from benchmarks.dollars.meter import Bill
from benchmarks.dollars.page import bounds as dollars_bounds
from benchmarks.dollars.run import Metered, Scenario
from benchmarks.end_to_end.__main__ import Below
from benchmarks.end_to_end.__main__ import bounds as end_to_end_bounds
from benchmarks.end_to_end.generator import Placed
from benchmarks.end_to_end.run import Loaded
from benchmarks.engine.comparison import FLOOR, FULL, OURS, Found
from benchmarks.engine.report import bounds as engine_bounds
from benchmarks.engine.run import Cost
from benchmarks.section import Bound
from benchmarks.start.__main__ import section as start_section
from benchmarks.start.run import Start
from benchmarks.workers.__main__ import bounds as workers_bounds
from benchmarks.workers.run import Waiting
from shared.aws.prices import US_EAST_1
from shop.scaling.charges import Part

FIGURES = ["0.20", "1.10", "0.97", "3.2", "4.50", "2.3"]
"""What the lines say, in their order, of the measurements below."""


def engine() -> Sequence[Bound]:
    costs = {OURS: Cost(10, 2, 0.011, 1), FLOOR: Cost(10, 2, 0.010, 1)}
    spent = {(who, setting): [costs[who]] for who in costs for setting in FULL.settings}
    return engine_bounds(Found(FULL, spent))


def loaded(orders: int) -> Loaded:
    return Loaded(Placed(seconds=10, ready=orders, to_ready=[0.03]), {"counter": 1, "barista": 1})


def workers() -> Sequence[Bound]:
    waiting = {number: Waiting(loaded(100), 2) for number in (100, 1_000, 10_000)}
    return [*workers_bounds({1: 1, 2: 1.98, 4: 3.88}, waiting)]


def end_to_end() -> Sequence[Bound]:
    below = Below(loads={"idle": loaded(20)}, wake_up_ms=10)
    return [*end_to_end_bounds({"before": [loaded(100)], "now": [loaded(320)]}, below)]


def dollars() -> Sequence[Bound]:
    scenario = Scenario(fill=10, notifiers=1, waves=6)
    requests = 4.5 / US_EAST_1.sqs * scenario.orders
    units = Counter({(Part.TICKET, "sqs"): requests})
    return dollars_bounds([Metered(scenario, 60, Bill(units))])


def start() -> Sequence[Bound]:
    one = Start(first_order=2.3, opened=3, refused=0, cpu_seconds=2, events={})
    return start_section([one], [one]).bounds


MEASURED = (engine, workers, end_to_end, dollars, start)


def test_each_line_has_the_figure_that_was_measured() -> None:
    lines = readme_lines([bound for found in MEASURED for bound in found()]).splitlines()

    assert [re.findall(r"\d+\.\d+", line)[0] for line in lines] == FIGURES


@pytest.mark.parametrize("missing", MEASURED)
def test_a_line_without_its_figure_is_an_error(missing: object) -> None:
    with pytest.raises(KeyError):
        readme_lines([bound for found in MEASURED if found is not missing for bound in found()])
