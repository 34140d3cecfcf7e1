"""An order moves along TRANSITIONS and no other way, and belongs to one barista at a time."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from shared.domain.errors import ClaimHeldError, TransitionRefusedError
from shared.domain.order import (
    OPEN_STATES,
    TRANSITIONS,
    Claim,
    Order,
    OrderState,
    TimelineEntry,
    advance,
    changes_between,
    claim,
    renew,
)
from tests.support.orders import NOON, an_order

MINUTE, HOUR = dt.timedelta(minutes=1), dt.timedelta(hours=1)
states = st.sampled_from(OrderState)
moments = st.datetimes(timezones=st.just(dt.UTC))
longest_leases = st.timedeltas(dt.timedelta(seconds=1), dt.timedelta(hours=12))
tickets = st.text(min_size=1, max_size=5)
past_preparing = sorted(
    state for state in OrderState if OrderState.PREPARING not in TRANSITIONS[state] | {state}
)


def an_order_that_is(state: OrderState) -> Order:
    order = an_order()
    return replace(order, state=state, timeline=(*order.timeline, TimelineEntry(state, NOON)))


def claimed_by(ticket: str, until: dt.datetime) -> Order:
    return claim(an_order(), ticket, NOON, until)


def test_the_transitions_are_those_of_the_design() -> None:
    assert {state: sorted(following) for state, following in TRANSITIONS.items()} == {
        "placed": ["canceled", "failed", "preparing"],
        "preparing": ["canceled", "failed", "placed", "ready"],
        "ready": ["canceled", "collected", "expired"],
        "failed": ["placed"],
        "collected": [],
        "canceled": [],
        "expired": [],
    }


def test_an_order_is_open_while_it_waits_for_a_barista_or_the_customer() -> None:
    assert {"placed", "preparing", "ready"} == OPEN_STATES


@given(state=states, to=states, at=moments)
def test_an_order_moves_along_the_transitions_and_no_other_way(
    state: OrderState, to: OrderState, at: dt.datetime
) -> None:
    order = an_order_that_is(state)
    if to in TRANSITIONS[state]:
        assert advance(order, to, at).state is to
        return
    with pytest.raises(TransitionRefusedError) as refused:
        advance(order, to, at)
    assert (refused.value.order_id, refused.value.state, refused.value.to) == (order.id, state, to)


@given(st.lists(st.tuples(states, moments), max_size=30))
def test_on_every_walk_each_change_is_counted_and_recorded(
    wanted: list[tuple[OrderState, dt.datetime]],
) -> None:
    order = an_order()
    for to, at in wanted:
        if to not in TRANSITIONS[order.state]:
            continue
        moved = advance(order, to, at)
        assert moved.version == order.version + 1
        assert moved.timeline == (*order.timeline, TimelineEntry(to, at))
        assert (moved.previous_state, moved.since) == (order.state, at)
        order = moved
    assert order.version == len(order.timeline)
    assert order.placed_at == NOON
    assert [entry.state for entry in order.timeline].count(OrderState.READY) <= 1


@given(to=st.sampled_from(sorted(TRANSITIONS[OrderState.PREPARING])), at=moments)
def test_a_change_of_state_ends_the_claim_and_changes_nothing_else(
    to: OrderState, at: dt.datetime
) -> None:
    order = claimed_by("ticket", NOON + MINUTE)
    moved = advance(order, to, at)
    assert moved.claim is None
    assert moved == replace(
        order, state=to, version=3, claim=None, timeline=(*order.timeline, TimelineEntry(to, at))
    )


def test_an_order_just_placed_was_nothing_before_and_has_reached_nothing_else() -> None:
    order = an_order()
    assert order.previous_state is None
    assert [order.reached(state) for state in OrderState if state is not OrderState.PLACED] == (
        [None] * 6
    )


def test_a_released_order_reached_preparing_when_it_was_last_begun() -> None:
    order = an_order()
    for step, state in enumerate(["preparing", "placed", "preparing"], start=1):
        order = advance(order, OrderState(state), NOON + step * MINUTE)
    assert order.reached(OrderState.PREPARING) == NOON + 3 * MINUTE
    assert (order.placed_at, order.reached(OrderState.PLACED)) == (NOON, NOON + 2 * MINUTE)


def test_the_total_is_that_of_all_lines() -> None:
    (line,) = an_order().items
    order = replace(an_order(), items=(line, replace(line, id="2", quantity=1, unit_price=90)))
    assert (line.total, order.total) == (1040, 1130)


@given(ticket=tickets, at=moments, lease=longest_leases)
def test_a_placed_order_is_claimed_by_the_first_ticket_to_come(
    ticket: str, at: dt.datetime, lease: dt.timedelta
) -> None:
    assume(at < dt.datetime.max.replace(tzinfo=dt.UTC) - lease)
    claimed = claim(an_order(), ticket, at, at + lease)
    assert (claimed.state, claimed.version, claimed.attempt) == ("preparing", 2, 1)
    assert claimed.claim == Claim(ticket, at + lease)
    assert claimed.since == at


@given(ticket=tickets, later=st.timedeltas(dt.timedelta(0), 2 * MINUTE))
def test_a_ticket_that_comes_back_begins_a_new_attempt_and_no_new_state(
    ticket: str, later: dt.timedelta
) -> None:
    order = claimed_by(ticket, NOON + MINUTE)
    again = claim(order, ticket, NOON + later, NOON + later + MINUTE)
    assert again == replace(order, attempt=2, claim=Claim(ticket, NOON + later + MINUTE))


@given(remaining=st.timedeltas(dt.timedelta(microseconds=1), MINUTE))
def test_another_ticket_has_to_wait_while_the_claim_is_valid(remaining: dt.timedelta) -> None:
    order = claimed_by("first", NOON + MINUTE)
    with pytest.raises(ClaimHeldError) as held:
        claim(order, "second", NOON + MINUTE - remaining, NOON + 2 * MINUTE)
    assert (held.value.order_id, held.value.remaining) == (order.id, remaining)


@given(late=st.timedeltas(dt.timedelta(0), MINUTE))
def test_a_lapsed_claim_passes_to_another_ticket(late: dt.timedelta) -> None:
    order = claimed_by("first", NOON + MINUTE)
    passed = claim(order, "second", NOON + MINUTE + late, NOON + 3 * MINUTE)
    assert passed == replace(order, attempt=2, claim=Claim("second", NOON + 3 * MINUTE))


@pytest.mark.parametrize("state", past_preparing)
def test_an_order_past_preparing_cannot_be_claimed(state: OrderState) -> None:
    with pytest.raises(TransitionRefusedError):
        claim(an_order_that_is(state), "ticket", NOON, NOON + MINUTE)


def test_a_renewed_claim_keeps_its_attempt() -> None:
    order = claimed_by("ticket", NOON + MINUTE)
    renewed = renew(order, "ticket", NOON + 2 * MINUTE)
    assert renewed == replace(order, claim=Claim("ticket", NOON + 2 * MINUTE))


def test_an_order_knows_how_it_was_after_each_change_since_a_time() -> None:
    placed = an_order()
    preparing = claim(placed, "ticket", NOON + MINUTE, NOON + 2 * MINUTE)
    ready = advance(preparing, OrderState.READY, NOON + 2 * MINUTE)

    assert changes_between(ready, NOON, NOON + HOUR) == [
        replace(placed, attempt=1),
        replace(preparing, claim=None),
        ready,
    ]
    assert changes_between(ready, NOON + 2 * MINUTE, NOON + HOUR) == [ready]
    assert changes_between(ready, NOON + 3 * MINUTE, NOON + HOUR) == []
    assert changes_between(preparing, NOON + MINUTE, NOON + HOUR) == [preparing]
    assert changes_between(ready, NOON, NOON + MINUTE) == [replace(placed, attempt=1)]


@given(st.lists(states, max_size=8), moments)
def test_the_last_change_is_the_order_itself(path: list[OrderState], at: dt.datetime) -> None:
    order = an_order()
    for state in path:
        if state in TRANSITIONS[order.state]:
            order = advance(order, state, at)
    history = changes_between(order, min(at, NOON), max(at, NOON) + MINUTE)
    assert [past.version for past in history] == list(range(1, order.version + 1))
    assert history[-1] == order
