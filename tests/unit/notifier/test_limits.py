"""Concurrency limits: each subscriber has a few slots; all mail, and all challenges, have some."""

from __future__ import annotations

import contextlib
from dataclasses import replace

import pytest

from notifier.channels.channel import MOST_AT_ONCE
from notifier.deliveries.limits import (
    LONGEST_WAIT,
    MOST_CHALLENGES,
    MOST_CHALLENGES_PER_HOST,
    MOST_CONFIRMATION_MAILS,
    MOST_PER_CLIENT,
    ConcurrencyLimits,
    KeyedLimit,
)
from shared.domain.subscription import Subscription
from tests.support.mailing import subscriber
from tests.support.webhooks import subscribed

PER_SUBSCRIBER = 2
AT_ONCE = 2
MAIL, WEBHOOK = subscriber(), subscribed("https://ada.example/hook")


def test_a_subscriber_has_so_many_slots_and_the_next_attempt_has_to_wait() -> None:
    limits = ConcurrencyLimits(subscribers=KeyedLimit(PER_SUBSCRIBER))
    with contextlib.ExitStack() as slots:
        waits = [slots.enter_context(limits.delivery(WEBHOOK)) for _ in range(3)]
        assert waits[:2] == [0, 0]
        assert waits[2] > 0
    with limits.delivery(WEBHOOK) as wait:
        assert wait == 0


def challenged(number: int, client: str) -> Subscription:
    return replace(subscribed(f"https://{number}.example/hook"), id=f"s{number}", client=client)


def test_mail_is_bounded_and_confirmation_requests_take_half_of_it() -> None:
    limits = ConcurrencyLimits(subscribers=KeyedLimit(MOST_AT_ONCE))
    with contextlib.ExitStack() as slots:
        for number in range(MOST_CONFIRMATION_MAILS):
            mail = replace(MAIL, client=f"client-{number}")
            assert slots.enter_context(limits.confirmation(mail)) == 0
        assert slots.enter_context(limits.confirmation(MAIL)) > 0
        for _ in range(MOST_AT_ONCE - MOST_CONFIRMATION_MAILS):
            assert slots.enter_context(limits.delivery(MAIL)) == 0
        assert slots.enter_context(limits.delivery(MAIL)) > 0
        assert slots.enter_context(limits.delivery(WEBHOOK)) == 0
        assert slots.enter_context(limits.confirmation(WEBHOOK)) == 0


def test_challenges_as_a_whole_are_bounded_and_delay_no_delivery() -> None:
    limits = ConcurrencyLimits(subscribers=KeyedLimit(PER_SUBSCRIBER))
    with contextlib.ExitStack() as slots:
        for number in range(MOST_CHALLENGES):
            wanted = challenged(number, client=f"client-{number}")
            assert slots.enter_context(limits.confirmation(wanted)) == 0
        assert slots.enter_context(limits.confirmation(WEBHOOK)) > 0
        assert slots.enter_context(limits.confirmation(MAIL)) == 0
        assert slots.enter_context(limits.delivery(WEBHOOK)) == 0


def test_one_client_takes_few_of_the_slots_for_challenges() -> None:
    limits = ConcurrencyLimits(subscribers=KeyedLimit(PER_SUBSCRIBER))
    with contextlib.ExitStack() as slots:
        waits = [slots.enter_context(limits.confirmation(challenged(n, "ada"))) for n in range(9)]
        assert [wait > 0 for wait in waits] == [False] * MOST_PER_CLIENT + [True] * 5
        assert slots.enter_context(limits.confirmation(challenged(9, "bob"))) == 0


def test_one_host_takes_few_of_the_slots_however_many_ask_and_however_it_is_spelt() -> None:
    limits = ConcurrencyLimits(subscribers=KeyedLimit(PER_SUBSCRIBER))
    urls = ("https://slow.example/a", "https://SLOW.example:443/b", "https://slow.example./c")
    with contextlib.ExitStack() as slots:
        waits = [
            slots.enter_context(limits.confirmation(replace(WEBHOOK, id=url, target=url)))
            for url in urls
        ]
        assert [wait > 0 for wait in waits] == [False] * MOST_CHALLENGES_PER_HOST + [True]


def test_deliveries_to_one_host_are_bounded_for_all_its_subscribers_together() -> None:
    limits = ConcurrencyLimits(subscribers=KeyedLimit(PER_SUBSCRIBER), hosts=KeyedLimit(3))
    with contextlib.ExitStack() as slots:
        waits = [
            slots.enter_context(limits.delivery(replace(WEBHOOK, id=f"s{number}")))
            for number in range(4)
        ]
        assert [wait > 0 for wait in waits] == [False, False, False, True]
        elsewhere = subscribed("https://bob.example/hook")
        assert slots.enter_context(limits.delivery(replace(elsewhere, id="bob"))) == 0


class Clock:
    """Seconds, which pass when the test says so."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def limit(clock: Clock) -> KeyedLimit:
    return KeyedLimit(AT_ONCE, clock)


def test_a_key_has_so_many_slots_and_the_next_attempt_has_to_wait(limit: KeyedLimit) -> None:
    with contextlib.ExitStack() as slots:
        for _ in range(AT_ONCE):
            assert limit.seconds_to_wait("slow") == 0
            slots.enter_context(limit.slot("slow"))
        assert limit.seconds_to_wait("slow") > 0
    assert limit.seconds_to_wait("slow") == 0


def test_one_subscriber_does_not_wait_for_another(limit: KeyedLimit) -> None:
    with limit.slot("slow"), limit.slot("slow"):
        assert limit.seconds_to_wait("quick") == 0


def test_each_one_that_waits_gets_a_later_start_than_those_before(limit: KeyedLimit) -> None:
    with limit.slot("slow"), limit.slot("slow"):
        waits = [limit.seconds_to_wait("slow") for _ in range(10)]
    assert waits == sorted(set(waits))


def test_nobody_waits_long_for_a_subscriber_that_was_slow_for_a_moment(
    limit: KeyedLimit, clock: Clock
) -> None:
    with limit.slot("slow"):
        clock.seconds += 60
    with limit.slot("slow"), limit.slot("slow"):
        waits = [limit.seconds_to_wait("slow") for _ in range(1000)]
    assert max(waits) <= LONGEST_WAIT


def test_the_many_that_wait_longest_do_not_come_back_together(
    limit: KeyedLimit, clock: Clock
) -> None:
    with limit.slot("slow"):
        clock.seconds += 60
    with limit.slot("slow"), limit.slot("slow"):
        waits = [limit.seconds_to_wait("slow") for _ in range(1000)]
    assert len(set(waits)) > 900
    assert max(waits) - min(waits[100:]) > LONGEST_WAIT / 4


def test_the_slower_a_subscriber_has_been_the_longer_the_others_wait(
    limit: KeyedLimit, clock: Clock
) -> None:
    def wait() -> float:
        with limit.slot("slow"):
            return limit.seconds_to_wait("slow")

    with limit.slot("slow"):
        at_first = wait()
        with limit.slot("slow"):
            clock.seconds += 5
        clock.seconds += 60
        assert wait() > 10 * at_first


def test_an_attempt_that_fails_frees_its_slot(limit: KeyedLimit) -> None:
    for _ in range(2 * AT_ONCE):
        with pytest.raises(RuntimeError), limit.slot("failing"):
            raise RuntimeError
    assert limit.seconds_to_wait("failing") == 0
