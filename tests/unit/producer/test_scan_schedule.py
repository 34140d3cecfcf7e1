"""A scan is due at an interval, and in every round while something may have been lost."""

from __future__ import annotations

from producer.reconciling.scan_schedule import ScanSchedule


def dues(schedule: ScanSchedule, clock: list[float], *times: float) -> list[bool]:
    """Return for each time whether a scan was due; a scan that is due is made."""
    due = []
    for clock[0] in times:
        due.append(schedule.is_due)
        if schedule.is_due:
            schedule.scanned()
    return due


def test_every_round_scans_at_first_and_then_one_round_per_interval() -> None:
    clock = [1000.0]
    schedule = ScanSchedule(60, lambda: clock[0])
    assert dues(schedule, clock, 1000, 1005, 1119) == [True] * 3
    assert dues(schedule, clock, 1120, 1178, 1179, 1184, 1239) == [False, False, True, False, True]


def test_once_something_was_lost_every_round_scans_again() -> None:
    clock = [1000.0]
    schedule = ScanSchedule(60, lambda: clock[0])
    assert dues(schedule, clock, 1200, 1205) == [True, False]
    schedule.scan_every_round()
    assert dues(schedule, clock, 1206, 1207, 1324, 1330) == [True, True, True, False]


def test_where_scans_cost_nothing_every_round_scans() -> None:
    clock = [1000.0]
    assert dues(ScanSchedule(0, lambda: clock[0]), clock, 1500, 1500.1, 1505) == [True] * 3
