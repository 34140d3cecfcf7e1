"""A ticket counts as lost only when every ticket of its time has surely been received."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from producer.build_reconciling import margins_of
from producer.reconciling.lost_tickets import Margins, horizon, lost_tickets
from producer.settings import CashierSettings
from shared.domain.order import Claim, Order, OrderState, TimelineEntry
from tests.support.orders import NOON, an_order

SECOND = dt.timedelta(seconds=1)
HOUR = dt.timedelta(hours=1)
MARGINS = Margins(settling=8 * SECOND, disorder=90 * SECOND, retry_after=60 * SECOND)

seconds = st.integers(-7200, 7200)
states = st.sampled_from(OrderState)


def at(offset: float) -> dt.datetime:
    return NOON + offset * SECOND


def an_order_since(offset: float, state: OrderState = OrderState.PLACED) -> Order:
    return replace(an_order(), state=state, timeline=(TimelineEntry(state, at(offset)),))


def prepared_until(offset: float, *, since: float = -3600) -> Order:
    order = an_order_since(since, OrderState.PREPARING)
    return replace(order, claim=Claim("a ticket", at(offset)))


def lost(
    order: Order, horizon: dt.datetime, fresh: Mapping[str, dt.datetime] | None = None
) -> bool:
    return lost_tickets([order], horizon, fresh=fresh or {}, now=NOON, margins=MARGINS) == [order]


def test_without_any_news_of_the_queue_nothing_is_known() -> None:
    assert horizon(None, [], NOON, MARGINS) is None


def test_a_queue_found_empty_holds_no_ticket_from_before_then() -> None:
    assert horizon(NOON, [], NOON, MARGINS) == at(-8)


def test_the_newest_ticket_received_sets_the_horizon() -> None:
    assert horizon(None, [at(-60), at(-20)], NOON, MARGINS) == at(-20 - 90 - 8)
    assert horizon(at(-300), [at(-20)], NOON, MARGINS) == at(-20 - 90 - 8)
    assert horizon(at(-30), [at(-20)], NOON, MARGINS) == at(-38)


def test_no_order_has_lost_its_ticket_while_a_barista_holds_an_older_one_in_line() -> None:
    for waiting_since, expected in ((-600, -600), (-50, -118)):
        found = horizon(None, [at(-20)], NOON, MARGINS, waiting_since=[at(waiting_since), NOON])
        assert found == at(expected)
    assert horizon(None, [], NOON, MARGINS, waiting_since=[NOON]) is None


def test_a_head_from_the_future_proves_nothing() -> None:
    assert horizon(None, [NOON + HOUR], NOON, MARGINS) is None
    assert horizon(None, [NOON + HOUR, at(-20)], NOON, MARGINS) == at(-118)


def test_a_queue_that_will_be_found_empty_in_the_future_is_not_empty_now() -> None:
    assert horizon(NOON + HOUR, [], NOON, MARGINS) is None
    assert horizon(NOON + HOUR, [at(-20)], NOON, MARGINS) == at(-118)


def test_a_placed_order_from_beyond_the_horizon_has_lost_its_ticket() -> None:
    assert lost(an_order_since(-11), at(-10))
    assert not lost(an_order_since(-10), at(-10))
    assert not lost(an_order_since(-9), at(-10))


def test_a_redriven_order_counts_from_when_it_was_placed_anew() -> None:
    order = an_order_since(-3600)
    redriven = replace(order, timeline=(*order.timeline, TimelineEntry(OrderState.PLACED, at(-5))))
    assert lost(order, at(-10))
    assert not lost(redriven, at(-10))


@pytest.mark.parametrize(("until", "is_lost"), [(-11, True), (-9, False), (1, False)])
def test_an_order_in_preparation_has_lost_it_only_when_its_claim_lapsed_long_ago(
    until: float, *, is_lost: bool
) -> None:
    assert lost(prepared_until(until), at(-10)) is is_lost


def test_a_change_from_the_future_was_made_by_a_clock_that_was_wrong() -> None:
    assert lost(an_order_since(3600), at(-10))
    assert not lost(an_order_since(5), at(-10))


def test_a_fresh_ticket_has_its_own_time() -> None:
    order = an_order_since(-600)
    assert not lost(order, at(-10), {order.id: at(-59)})
    assert lost(order, at(-10), {order.id: at(-61)})
    assert not lost(order, at(-100), {order.id: at(-61)})


@given(state=states, since=seconds, until=seconds, edge=seconds)
def test_no_order_is_given_a_ticket_while_somebody_has_it_or_after_it_is_ready(
    state: OrderState, since: int, until: int, edge: int
) -> None:
    order = replace(an_order_since(since, state), claim=Claim("a ticket", at(until)))
    being_prepared = state is OrderState.PREPARING and until > 0
    if being_prepared or state not in {OrderState.PLACED, OrderState.PREPARING}:
        assert not lost(order, at(edge))


@given(since=st.integers(-7200, 0), sent_late=st.integers(0, 8), edge=st.integers(-7200, 0))
def test_a_ticket_that_is_still_queued_is_never_taken_for_lost(
    since: int, sent_late: int, edge: int
) -> None:
    """Whatever the baristas have received, tickets overtake one another by the margin at most."""
    order, sent_at = an_order_since(since), at(since + sent_late)
    newest_received = at(edge)
    may_be_queued = newest_received - sent_at <= MARGINS.disorder
    certain = horizon(None, [newest_received], NOON, MARGINS)
    assert certain is not None
    if may_be_queued:
        assert not lost(order, certain)


@given(since=st.integers(-7200, 0), sent_late=st.integers(0, 8), empty=st.integers(-7200, 0))
def test_an_empty_queue_says_nothing_of_a_ticket_that_came_later(
    since: int, sent_late: int, empty: int
) -> None:
    certain = horizon(at(empty), [], NOON, MARGINS)
    assert certain is not None
    if since + sent_late >= empty:
        assert not lost(an_order_since(since), certain)


@given(st.lists(seconds, max_size=5), st.none() | seconds, st.lists(seconds, max_size=5))
def test_the_horizon_only_moves_on_with_what_is_learned(
    heads: list[int], empty: int | None, more: list[int]
) -> None:
    empty_at = None if empty is None else at(empty)
    before = horizon(empty_at, map(at, heads), NOON, MARGINS)
    after = horizon(empty_at, map(at, heads + more), NOON, MARGINS)
    assert before is None or (after is not None and after >= before)


@pytest.mark.parametrize(
    ("endpoint", "seconds"),
    [
        (None, 120),
        ("https://sqs.eu-central-1.amazonaws.com", 120),
        ("http://127.0.0.1:4566", CashierSettings().order_seconds),
    ],
)
def test_counts_of_sqs_settle_for_two_minutes_and_those_of_an_emulator_at_once(
    endpoint: str | None, seconds: float
) -> None:
    settings = CashierSettings(aws_endpoint_url=endpoint)
    assert margins_of(settings).settling == seconds * SECOND
