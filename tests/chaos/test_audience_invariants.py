"""The judge of subscribers is judged: each invariant can be seen to fail."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.chaos.audience import Audience, Heard, Notes
from tests.chaos.audience_invariants import INVARIANTS, audience_violations
from tests.chaos.editors import Issue

COUPON, TRIVIA = Issue("1", "coupons", "A coupon"), Issue("2", "coffee-trivia", "A question")
Doctor = Callable[[Audience], None]


def heard(issue: Issue, at: float = 10) -> Heard:
    return Heard(issue.id, issue.subject, at)


def a_good_run() -> Audience:
    """Somebody by webhook, somebody live, somebody who left in time, somebody who never agreed."""
    coupons = frozenset({"coupons"})
    return Audience(
        accepted=[COUPON, TRIVIA],
        attempted={issue.subject: issue.topic for issue in (COUPON, TRIVIA)},
        subscribers=[
            Notes("hook", coupons, heard=[heard(COUPON), heard(COUPON, 11)]),
            Notes("live", coupons, is_live=True, heard=[heard(COUPON)]),
            Notes("gone", coupons, heard=[heard(COUPON, 9.6)], ended_at=9.5),
            Notes("never", coupons, agreed=False),
        ],
        secrets=["https://ada.example/?key=1", "ada@example.com"],
        logs=[{"event": "message.settled", "subscription": "s1"}],
        metrics="coffeeshop_live_streams 1.0",
    )


def forget(who: int) -> Doctor:
    return lambda run: run.subscribers[who].heard.clear()


def hears(who: int, *more: Heard) -> Doctor:
    return lambda run: run.subscribers[who].heard.extend(more)


VIOLATIONS: list[tuple[str, str, Doctor]] = [
    ("I5", "missed", forget(0)),
    ("I5", "of another topic", hears(0, heard(TRIVIA))),
    ("I5", "never published", hears(0, Heard("3", "Made up", 10))),
    ("I5", "the same under another id", hears(0, Heard("3", COUPON.subject, 10))),
    ("I5", "of another topic, live", hears(1, heard(TRIVIA))),
    ("I13", "a gap", forget(1)),
    ("I14", "never agreed", hears(3, heard(COUPON))),
    ("I14", "after the end", hears(2, heard(COUPON, 20))),
    ("I14", "soon after the end", hears(2, heard(COUPON, 10))),
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


def test_a_gap_that_was_told_of_breaks_nothing() -> None:
    run = a_good_run()
    run.subscribers[1].heard.clear()
    run.subscribers[1].resets = 1
    assert audience_violations(run) == []
