"""What a dead letter means for its order, and whether it can be redriven."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from producer.dead_letters.rules import (
    must_fail,
    reason_of,
    refusal,
    ticket_in,
    unannounced_changes,
)
from shared.aws.dead_letters import DeadLetter
from shared.domain.order import TRANSITIONS, Claim, Order, OrderState, TimelineEntry, advance
from shared.messages.ticket import Ticket
from tests.support.orders import NOON, an_order

SECOND = dt.timedelta(seconds=1)
FAILED = OrderState.FAILED
PREPARING, READY, COLLECTED = OrderState.PREPARING, OrderState.READY, OrderState.COLLECTED

offsets = st.integers(-100, 100)


def letter_of(order: Order, version: int = 1, reason: str | None = None) -> DeadLetter:
    ticket = Ticket(order_id=order.id, store_id="main", correlation_id="abc", version=version)
    return DeadLetter(
        id="a ticket", body=ticket.model_dump_json(), reason=reason, attempts=5, sent_at=NOON
    )


def an_order_that_is(state: OrderState, claim: Claim | None = None) -> Order:
    order = an_order()
    entries = () if state is OrderState.PLACED else (TimelineEntry(state, NOON),)
    return replace(order, state=state, claim=claim, timeline=(*order.timeline, *entries))


def test_a_reason_is_the_given_one_or_else_derived_from_the_letter() -> None:
    order = an_order()
    assert reason_of(letter_of(order, reason="no such order")) == "no such order"
    assert reason_of(letter_of(order)) == "received 5 times, and never finished"
    assert reason_of(replace(letter_of(order), body="poison")) == "not a ticket"


@given(st.text())
def test_any_body_can_be_inspected(body: str) -> None:
    assert ticket_in(replace(letter_of(an_order()), body=body)) is None


def test_a_placed_order_fails_with_its_ticket() -> None:
    order = an_order()
    assert must_fail(order, letter_of(order), NOON)


@given(offsets)
def test_an_order_placed_anew_does_not_fail_by_what_was_queued_before_whatever_clocks_say(
    sent: int,
) -> None:
    anew = advance(advance(an_order(), FAILED, NOON), OrderState.PLACED, NOON)
    before, after = letter_of(anew, version=1), letter_of(anew, version=3)
    assert not must_fail(anew, replace(before, sent_at=NOON + sent * SECOND), NOON)
    assert must_fail(anew, replace(after, sent_at=NOON + sent * SECOND), NOON)


def test_a_ticket_of_old_without_a_version_is_that_of_an_order_just_placed() -> None:
    order = an_order()
    body = f'{{"order_id": "{order.id}", "store_id": "main", "correlation_id": "abc"}}'
    letter = replace(letter_of(order), body=body)
    assert must_fail(order, letter, NOON)
    anew = advance(advance(order, FAILED, NOON), OrderState.PLACED, NOON)
    assert not must_fail(anew, letter, NOON)


@pytest.mark.parametrize(
    ("ticket", "until", "fails"),
    [("a ticket", -1, True), ("a ticket", 1, False), ("another", -1, False)],
)
def test_an_order_in_preparation_fails_only_by_its_claims_own_ticket_once_that_has_lapsed(
    ticket: str, until: float, *, fails: bool
) -> None:
    order = an_order_that_is(OrderState.PREPARING, Claim(ticket, NOON + until * SECOND))
    assert must_fail(order, letter_of(order), NOON) is fails


@given(
    st.sampled_from(OrderState),
    st.integers(1, 5),
    offsets,
    st.sampled_from(["a ticket", "another"]),
)
def test_an_order_fails_only_where_it_may_and_never_under_a_claim_that_holds(
    state: OrderState, version: int, until: int, ticket: str
) -> None:
    claim = Claim(ticket, NOON + until * SECOND) if state is OrderState.PREPARING else None
    order = an_order_that_is(state, claim)
    if must_fail(order, letter_of(order, version), NOON):
        assert FAILED in TRANSITIONS[state]
        assert claim is None or until <= 0


@pytest.mark.parametrize("state", OrderState)
def test_only_an_order_that_still_needs_preparing_can_be_redriven(state: OrderState) -> None:
    reason = refusal(an_order_that_is(state), NOON)
    if state in {FAILED, OrderState.PLACED, OrderState.PREPARING}:
        assert reason is None
    else:
        assert reason == f"the order is {state}"


def test_an_order_that_a_barista_has_in_hand_is_not_redriven() -> None:
    held = an_order_that_is(OrderState.PREPARING, Claim("a ticket", NOON + SECOND))
    assert refusal(held, NOON) == "the order is preparing"
    assert refusal(held, NOON + SECOND) is None


@pytest.mark.parametrize(
    ("way", "unannounced"),
    [
        ((), []),
        ((PREPARING,), [PREPARING]),
        ((PREPARING, READY), [PREPARING, READY]),
        ((PREPARING, READY, COLLECTED), [PREPARING, READY, COLLECTED]),
        ((PREPARING, OrderState.PLACED), [PREPARING, OrderState.PLACED]),
        ((FAILED,), []),
        ((FAILED, OrderState.PLACED), []),
        ((OrderState.CANCELED,), [OrderState.CANCELED]),
    ],
)
def test_the_changes_that_the_barista_of_a_dead_ticket_may_have_left_unannounced(
    way: Sequence[OrderState], unannounced: Sequence[OrderState]
) -> None:
    order = an_order()
    for state in way:
        order = advance(order, state, NOON)
    ticket = Ticket(order_id=order.id, store_id="main", correlation_id="abc")
    assert [change.state for change in unannounced_changes(order, ticket)] == unannounced
