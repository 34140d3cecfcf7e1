"""The table sums the runs of a fault, and shows what was not measured."""

from __future__ import annotations

from dataclasses import replace

from tests.chaos.report import Row, table

MEASURED = Row("fire", 1, 10, 2, 0, 0, 3, recovery=1.5)


def test_the_runs_of_one_fault_are_one_line() -> None:
    _, _, line = table([MEASURED, replace(MEASURED, recovery=2.5)])
    assert line == "| fire | 2 | 20 | 4 | 0 | 0 | 6 | 2.5 s |"


def test_what_no_run_has_measured_is_a_dash_and_not_nothing() -> None:
    _, _, line = table([Row("flood", 1, 10)])
    assert line == "| flood | 1 | 10 | 0 | - | - | - |  |"


def test_a_later_run_in_the_same_shop_counts_what_is_new() -> None:
    later = replace(MEASURED, orders=15, duplicate_deliveries=4)
    assert later.beyond(MEASURED) == Row("fire", 1, 5, 0, 0, 0, 1, recovery=1.5)
