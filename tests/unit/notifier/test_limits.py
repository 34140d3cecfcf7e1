"""Lanes: all mail has one, all challenges have one, and each subscriber has its own turns."""

from __future__ import annotations

import contextlib

from notifier.channels.channel import MOST_AT_ONCE
from notifier.deliveries.limits import Lanes
from tests.support.mailing import subscriber
from tests.support.webhooks import subscribed

PER_SUBSCRIBER = 2
MAIL, WEBHOOK = subscriber(), subscribed("https://ada.example/hook")


def test_a_subscriber_has_so_many_turns_and_the_next_has_to_wait() -> None:
    lanes = Lanes(PER_SUBSCRIBER)
    with contextlib.ExitStack() as under_way:
        waits = [under_way.enter_context(lanes.delivery(WEBHOOK)) for _ in range(3)]
        assert waits[:2] == [0, 0]
        assert waits[2] > 0
    with lanes.delivery(WEBHOOK) as wait:
        assert wait == 0


def test_mail_as_a_whole_is_bounded_be_it_questions_or_deliveries() -> None:
    lanes = Lanes(PER_SUBSCRIBER)
    with contextlib.ExitStack() as under_way:
        for _ in range(MOST_AT_ONCE):
            assert under_way.enter_context(lanes.question(MAIL)) == 0
        assert under_way.enter_context(lanes.question(MAIL)) > 0
        assert under_way.enter_context(lanes.delivery(MAIL)) > 0
        assert under_way.enter_context(lanes.delivery(WEBHOOK)) == 0
        assert under_way.enter_context(lanes.question(WEBHOOK)) == 0


def test_challenges_as_a_whole_are_bounded_and_delay_no_delivery() -> None:
    lanes = Lanes(PER_SUBSCRIBER)
    with contextlib.ExitStack() as under_way:
        for _ in range(MOST_AT_ONCE):
            assert under_way.enter_context(lanes.question(WEBHOOK)) == 0
        assert under_way.enter_context(lanes.question(WEBHOOK)) > 0
        assert under_way.enter_context(lanes.question(MAIL)) == 0
        assert under_way.enter_context(lanes.delivery(WEBHOOK)) == 0
