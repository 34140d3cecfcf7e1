"""The checks of subscribers are checked: each invariant can be seen to fail."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.chaos.audience import Audience, Notes, Received
from tests.chaos.audience_invariants import INVARIANTS, audience_violations
from tests.chaos.editors import Issue

COUPON, TRIVIA = Issue("1", "coupons", "A coupon"), Issue("2", "coffee-trivia", "A question")
Doctor = Callable[[Audience], None]


def received(issue: Issue, at: float = 10) -> Received:
    return Received(issue.id, issue.subject, at)


def a_good_run() -> Audience:
    """Subscribers by webhook, live, unsubscribed in time, and never confirmed."""
    coupons = frozenset({"coupons"})
    return Audience(
        accepted=[COUPON, TRIVIA],
        attempted={issue.subject: issue.topic for issue in (COUPON, TRIVIA)},
        subscribers=[
            Notes("hook", coupons, received=[received(COUPON), received(COUPON, 11)]),
            Notes("live", coupons, is_live=True, received=[received(COUPON)]),
            Notes("gone", coupons, received=[received(COUPON, 9.6)], ended_at=9.5),
            Notes("never", coupons, agreed=False),
        ],
        secrets=["https://ada.example/?key=1", "ada@example.com"],
        logs=[{"event": "message.settled", "subscription": "s1"}],
        metrics="coffeeshop_live_streams 1.0",
    )


def forget(who: int) -> Doctor:
    return lambda run: run.subscribers[who].received.clear()


def receives(who: int, *more: Received) -> Doctor:
    return lambda run: run.subscribers[who].received.extend(more)


VIOLATIONS: list[tuple[str, str, Doctor]] = [
    ("I5", "missed", forget(0)),
    ("I5", "of another topic", receives(0, received(TRIVIA))),
    ("I5", "never published", receives(0, Received("3", "Made up", 10))),
    ("I5", "the same under another id", receives(0, Received("3", COUPON.subject, 10))),
    ("I5", "of another topic, live", receives(1, received(TRIVIA))),
    ("I13", "a gap", forget(1)),
    ("I14", "never agreed", receives(3, received(COUPON))),
    ("I14", "after the end", receives(2, received(COUPON, 20))),
    ("I14", "soon after the end", receives(2, received(COUPON, 10))),
]


@pytest.mark.parametrize(
    ("invariant", "doctor"),
    [(invariant, doctor) for invariant, _, doctor in VIOLATIONS],
    ids=[f"{invariant}: {what}" for invariant, what, _ in VIOLATIONS],
)
def test_a_violation_is_found(invariant: str, doctor: Doctor) -> None:
    run = a_good_run()
    doctor(run)
    assert [violation.invariant for violation in audience_violations(run)] == [invariant]


@pytest.mark.parametrize(
    "run",
    [
        replace(a_good_run(), logs=[{"event": "oops", "to": "ada@example.com"}]),
        replace(a_good_run(), logs=[{"event": "oops", "url": "https://ada.example/?key=1"}]),
        replace(a_good_run(), metrics='deliveries_total{to="ada@example.com"} 1.0'),
    ],
    ids=["an address in the log", "a URL in the log", "an address in the metrics"],
)
def test_a_secret_is_found(run: Audience) -> None:
    assert [violation.invariant for violation in audience_violations(run)] == ["I15"]


def test_every_invariant_has_a_violation_that_is_found() -> None:
    assert {invariant for invariant, _, _ in VIOLATIONS} | {"I15"} == set(INVARIANTS)


def test_a_good_run_breaks_nothing() -> None:
    assert audience_violations(a_good_run()) == []


def test_a_gap_with_a_reset_breaks_nothing() -> None:
    run = a_good_run()
    run.subscribers[1].received.clear()
    run.subscribers[1].resets = 1
    assert audience_violations(run) == []
