"""The order protocol, in every order of steps: real cashiers and baristas, one await at a time."""

from __future__ import annotations

import pytest

from tests.model.bounds import Bounds
from tests.model.explorer import explore, without_logs
from tests.model.staff import Staff

COURSES = {
    "a client asks twice and a process dies": Bounds(asks=2, crashes=1),
    "a client asks twice and an answer is lost": Bounds(asks=2, cashiers=1, losses=1),
    "a client asks twice and clocks jump": Bounds(asks=2, jumps=1),
    "two processes die": Bounds(cashiers=1, asks=1, crashes=2),
    "a ticket comes three times and a process dies": Bounds(
        cashiers=1, asks=1, crashes=1, repeats=2
    ),
    "a ticket comes three times": Bounds(cashiers=1, asks=1, baristas=3, repeats=2),
    "a ticket comes twice and an answer is lost": Bounds(cashiers=1, asks=1, losses=1, repeats=1),
    "a ticket comes twice and a barista is stopped": Bounds(cashiers=1, asks=1, stops=1, repeats=1),
    "two answers are lost": Bounds(cashiers=1, asks=1, baristas=1, losses=2),
    "an extra ticket is queued and a process dies": Bounds(
        cashiers=1, asks=1, extra_tickets=1, crashes=1
    ),
    "everything dies": Bounds(asks=2, cashiers=1, black_outs=1),
    "the client cancels and a process dies": Bounds(asks=1, cancels=1, crashes=1),
    "the client cancels and an answer is lost": Bounds(cashiers=1, asks=1, cancels=1, losses=1),
    "the order is handed out and a process dies": Bounds(cashiers=1, asks=1, collects=1, crashes=1),
    "the order is handed out and an answer is lost": Bounds(
        cashiers=1, asks=1, collects=1, losses=1
    ),
    "SQS gives up on a ticket and staff redrive it": Bounds(
        cashiers=1, asks=1, baristas=1, give_ups=1, redrives=1
    ),
    "SQS gives up on a ticket and a process dies": Bounds(
        cashiers=1, asks=1, baristas=1, give_ups=1, crashes=1
    ),
}


TAPS = {
    "people complete the order and a process dies": Bounds(
        cashiers=1, asks=1, completes=1, crashes=1
    ),
    "people complete the order and an answer is lost": Bounds(
        cashiers=1, asks=1, completes=1, losses=1
    ),
    "people complete the order and its barista is stopped": Bounds(
        cashiers=1, asks=1, completes=1, stops=1
    ),
    "people complete the order at two cashiers": Bounds(asks=1, baristas=1, completes=1),
}
"""Where each tap may come at any moment."""

TAPS_BESIDE_TIMERS = {
    "people release the order and a process dies": Bounds(
        cashiers=1, asks=1, releases=1, crashes=1
    ),
    "people release the order and an answer is lost": Bounds(
        cashiers=1, asks=1, baristas=1, releases=1, losses=1
    ),
    "staff cancel the order and a process dies": Bounds(
        cashiers=1, asks=1, staff_cancels=1, crashes=1
    ),
}
"""`python -m tests.model --people` takes minutes for each of these."""


@pytest.mark.parametrize("people", [True, False], ids=["by people", "by timers"])
@pytest.mark.parametrize("bounds", TAPS.values(), ids=TAPS.keys())
def test_no_tap_at_any_moment_breaks_an_invariant(bounds: Bounds, *, people: bool) -> None:
    with without_logs():
        explored = explore(Staff(people=people), bounds)
    print(explored)  # noqa: T201 - as below
    assert explored.rests
    assert not explored.without_end


@pytest.mark.parametrize("bounds", TAPS_BESIDE_TIMERS.values(), ids=TAPS_BESIDE_TIMERS.keys())
def test_staff_may_take_an_order_from_a_barista_at_any_moment(bounds: Bounds) -> None:
    with without_logs():
        explored = explore(Staff(), bounds)
    print(explored)  # noqa: T201 - as below
    assert not explored.without_end


def test_people_release_an_order_and_complete_it_later() -> None:
    with without_logs():
        explored = explore(Staff(people=True), Bounds(cashiers=1, asks=1, releases=1))
    print(explored)  # noqa: T201 - as below
    assert not explored.without_end


@pytest.mark.parametrize("bounds", COURSES.values(), ids=COURSES.keys())
def test_no_order_of_steps_breaks_an_invariant(bounds: Bounds) -> None:
    with without_logs():
        explored = explore(Staff(), bounds)
    print(explored)  # noqa: T201 - pytest -rP shows how far it went
    assert explored.rests
    assert not explored.without_end


def test_no_order_of_steps_breaks_an_invariant_when_claims_are_renewed() -> None:
    with without_logs():
        explored = explore(Staff(renewals=1), Bounds(cashiers=1, asks=1, losses=1, repeats=1))
    print(explored)  # noqa: T201 - as above
    assert not explored.without_end


@pytest.mark.parametrize(
    "bounds",
    [
        Bounds(cashiers=1, asks=1, repeats=1),
        Bounds(cashiers=1, asks=1, collects=1, losses=1),
    ],
)
def test_moments_that_are_taken_for_one_have_one_future(bounds: Bounds) -> None:
    with without_logs():
        merged = explore(Staff(), bounds)
        unmerged = explore(Staff(), bounds, merging=False)
    assert unmerged.moments == merged.moments
    assert unmerged.runs > 4 * merged.runs
