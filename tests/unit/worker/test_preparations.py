"""What a barista remembers of its last preparations."""

from __future__ import annotations

import pytest

from worker.preparations import Preparations


class Watch:
    """A clock that the test turns."""

    def __init__(self) -> None:
        self.seconds = 100.0
        self.preparations = Preparations(lambda: self.seconds)

    def prepare(self, seconds: float) -> None:
        with self.preparations.timed():
            self.seconds += seconds

    def be_cut_off(self, seconds: float) -> None:
        with self.preparations.timed():
            self.seconds += seconds
            raise ConnectionError


def test_before_the_first_order_there_is_nothing_to_tell() -> None:
    preparations = Watch().preparations

    assert (preparations.count, preparations.mean_seconds) == (0, 0)


def test_the_mean_is_of_the_last_ten() -> None:
    watch = Watch()
    for seconds in (900, *range(1, 11)):
        watch.prepare(seconds)

    assert (watch.preparations.count, watch.preparations.mean_seconds) == (10, 5.5)


def test_a_preparation_that_was_cut_off_does_not_count() -> None:
    watch = Watch()
    watch.prepare(3)

    with pytest.raises(ConnectionError):
        watch.be_cut_off(60)

    assert (watch.preparations.count, watch.preparations.mean_seconds) == (1, 3)
