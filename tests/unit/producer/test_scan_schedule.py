"""A look is due every so often, and always while something may have been lost."""

from __future__ import annotations

from producer.reconciling.scan_schedule import ScanSchedule


def dues(looks: ScanSchedule, clock: list[float], *times: float) -> list[bool]:
    """Tell for each time whether a look was due; one that is due is made."""
    due = []
    for clock[0] in times:
        due.append(looks.is_due)
        if looks.is_due:
            looks.scanned()
    return due


def test_there_is_a_look_in_every_round_at_first_and_then_once_in_a_while() -> None:
    clock = [1000.0]
    looks = ScanSchedule(60, lambda: clock[0])
    assert dues(looks, clock, 1000, 1005, 1119) == [True] * 3
    assert dues(looks, clock, 1120, 1178, 1179, 1184, 1239) == [False, False, True, False, True]


def test_once_something_was_lost_there_is_a_look_in_every_round_again() -> None:
    clock = [1000.0]
    looks = ScanSchedule(60, lambda: clock[0])
    assert dues(looks, clock, 1200, 1205) == [True, False]
    looks.be_watchful()
    assert dues(looks, clock, 1206, 1207, 1324, 1330) == [True, True, True, False]


def test_where_looks_cost_nothing_every_round_has_one() -> None:
    clock = [1000.0]
    assert dues(ScanSchedule(0, lambda: clock[0]), clock, 1500, 1500.1, 1505) == [True] * 3
