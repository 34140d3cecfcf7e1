"""How long to wait before a program is started again, and when it counts as hopeless."""

from __future__ import annotations

from shop.processes.program import Restarts, after_life


def test_the_pause_doubles_with_each_short_life_up_to_five_seconds() -> None:
    restarts, pauses = Restarts(), []
    for _ in range(8):
        restarts = after_life(restarts, 0.5, settled=True)
        pauses.append(restarts.pause)

    assert pauses == [0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 5.0, 5.0]


def test_the_pause_stays_at_its_longest_however_often_a_program_ends() -> None:
    assert Restarts(short_lives=100_000).pause == 5.0


def test_a_long_life_makes_the_pause_short_again() -> None:
    restarts = after_life(Restarts(short_lives=6), 10.0, settled=True)

    assert restarts.pause == 0.1


def test_false_starts_are_counted_until_one_life_settles() -> None:
    twice = after_life(after_life(Restarts(), 20, settled=False), 0.1, settled=False)

    assert twice.false_starts == 2
    assert after_life(twice, 0.1, settled=True).false_starts == 0
