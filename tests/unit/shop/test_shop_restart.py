"""How long to wait before a program is started again, and when it counts as hopeless."""

from __future__ import annotations

from shop.processes.program import Restarts, after_exit


def test_the_pause_doubles_with_each_short_run_up_to_five_seconds() -> None:
    restarts, pauses = Restarts(), []
    for _ in range(8):
        restarts = after_exit(restarts, 0.5, started=True)
        pauses.append(restarts.pause)

    assert pauses == [0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 5.0, 5.0]


def test_the_pause_stays_at_its_longest_however_often_a_program_ends() -> None:
    assert Restarts(short_runs=100_000).pause == 5.0


def test_a_long_run_makes_the_pause_short_again() -> None:
    restarts = after_exit(Restarts(short_runs=6), 10.0, started=True)

    assert restarts.pause == 0.1


def test_false_starts_are_counted_until_one_run_starts() -> None:
    twice = after_exit(after_exit(Restarts(), 20, started=False), 0.1, started=False)

    assert twice.false_starts == 2
    assert after_exit(twice, 0.1, started=True).false_starts == 0
