"""What a worker reports: the newest ticket, the preparation times."""

from __future__ import annotations

import datetime as dt

import pytest

from shared.consuming.message import Message
from tests.support.orders import NOON
from worker.progress import Progress


class Stopwatch:
    """A clock that the test advances."""

    def __init__(self) -> None:
        self.seconds = 100.0
        self.progress = Progress(lambda: self.seconds)

    def prepare(self, seconds: float) -> None:
        with self.progress.preparing():
            self.seconds += seconds

    def be_cut_off(self, seconds: float) -> None:
        with self.progress.preparing():
            self.seconds += seconds
            raise ConnectionError


def test_before_the_first_order_there_is_nothing_to_report() -> None:
    progress = Progress()

    assert (progress.prepared, progress.prep_seconds) == (0, 0)


def test_the_mean_is_of_the_last_ten() -> None:
    watch = Stopwatch()
    for seconds in (900, *range(1, 11)):
        watch.prepare(seconds)

    assert (watch.progress.prepared, watch.progress.prep_seconds) == (10, 5.5)


def test_a_preparation_that_was_cut_off_does_not_count() -> None:
    watch = Stopwatch()
    watch.prepare(3)

    with pytest.raises(ConnectionError):
        watch.be_cut_off(60)

    assert (watch.progress.prepared, watch.progress.prep_seconds) == (1, 3)


def test_the_newest_ticket_is_of_those_received_for_the_first_time() -> None:
    progress = Progress()
    newest: list[dt.datetime | None] = [progress.newest_ticket_at]
    for sent_at, receive_count in [
        (None, 1),
        (NOON, 1),
        (NOON - dt.timedelta(seconds=1), 1),
        (NOON + dt.timedelta(seconds=2), 2),
        (NOON + dt.timedelta(seconds=1), 1),
    ]:
        progress.received(Message("id", "receipt", "", {}, receive_count, sent_at))
        newest.append(progress.newest_ticket_at)

    assert newest == [None, None, NOON, NOON, NOON, NOON + dt.timedelta(seconds=1)]


def test_an_order_is_in_hand_until_it_is_ready_or_was_cut_off() -> None:
    progress = Progress()
    with progress.preparing():
        assert progress.in_hand == 1
    with pytest.raises(ConnectionError), progress.preparing():
        raise ConnectionError
    assert progress.in_hand == 0
