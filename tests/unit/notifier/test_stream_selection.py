"""Selections: a reader sees the views that it selected; the board's do not identify the order."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from notifier.stream.selection import BOARD, RingEvent, Selection, ring_event
from shared.domain.order import TRANSITIONS, Order, OrderState
from shared.domain.order_copies import remake
from shared.messages.announcement import ORDER_EVENTS, order_event
from tests.support.notifier import newsletter, placed, then

PREPARING, READY = OrderState.PREPARING, OrderState.READY


def announced(order: Order) -> RingEvent:
    return ring_event(ORDER_EVENTS, order_event(order))


def seen(selection: Selection, shown: RingEvent) -> list[Any]:
    return [json.loads(shown.views[r]) for r in selection.routing_keys if r in shown.views]


def everything_about(*topics: str, order: Order | None = None) -> Selection:
    return Selection(frozenset(topics), order.id if order else None)


@st.composite
def histories(draw: st.DrawFn) -> Order:
    order = placed()
    for _ in range(draw(st.integers(1, 6))):
        allowed = sorted(TRANSITIONS[order.state])
        if not allowed:
            break
        order = then(order, draw(st.sampled_from(allowed)))
    return order


def test_an_order_is_seen_by_those_who_follow_it_and_by_nobody_who_follows_another() -> None:
    order, other = then(placed(), PREPARING), placed()
    mine = seen(everything_about(ORDER_EVENTS, order=order), announced(order))
    assert [event["subject"] for event in mine] == [order.id]
    assert seen(everything_about(ORDER_EVENTS, BOARD, order=other), announced(order)) == []


def test_a_remake_is_seen_by_who_follows_the_order_that_it_is_made_for() -> None:
    first, other = then(placed(), PREPARING, READY), placed()
    again = remake(first, "a-remake", first.since)
    for order in (first, again):
        (event,) = seen(everything_about(ORDER_EVENTS, order=order), announced(again))
        assert event["subject"] == again.id
    assert seen(everything_about(ORDER_EVENTS, BOARD, order=other), announced(again)) == []
    assert seen(everything_about(ORDER_EVENTS, order=again), announced(first)) == []


def test_an_event_is_shown_as_it_was_announced() -> None:
    order = then(placed(), PREPARING, READY)
    (event,) = seen(everything_about(ORDER_EVENTS), announced(order))
    assert event == json.loads(order_event(order).model_dump_json(exclude_none=True))


def test_a_newsletter_is_seen_by_its_topic_only() -> None:
    issue = ring_event("coupons", newsletter("Two for one", "Line one\nline two"))
    (event,) = seen(everything_about("coupons", BOARD), issue)
    assert event["data"]["body"] == "Line one\nline two"
    assert seen(everything_about("coffee-trivia", ORDER_EVENTS, BOARD), issue) == []
    assert seen(everything_about("coupons", order=placed()), issue) == []


@given(histories())
def test_the_board_shows_number_state_and_since_and_nothing_else_of_the_order(order: Order) -> None:
    shown = announced(order)
    (event,) = seen(everything_about(BOARD), shown)
    assert event["type"] == "coffeeshop.board.changed.v1"
    assert set(event["data"]) == {"number", "state", "since"}
    assert event["data"]["number"] == order.number
    assert event["data"]["state"] == order.state
    assert event["data"]["since"] == event["time"]
    assert "subject" not in event
    assert "correlationid" not in event
    for secret in (order.id, order.correlation_id, order.customer_name):
        assert secret not in json.dumps(event)


def test_the_board_does_not_show_an_order_that_nobody_has_begun() -> None:
    assert seen(everything_about(BOARD), announced(placed())) == []


def test_the_board_shows_that_an_order_was_released() -> None:
    released = then(placed(), PREPARING, OrderState.PLACED)
    (event,) = seen(everything_about(BOARD), announced(released))
    assert event["data"]["state"] == "placed"


def test_the_same_change_has_one_id_on_the_board_and_no_two_changes_share_one() -> None:
    preparing = then(placed(), PREPARING)
    board = everything_about(BOARD)
    first, again, later = (
        seen(board, announced(order))[0]["id"]
        for order in (preparing, preparing, then(preparing, READY))
    )
    assert first == again != later
    assert len(bytes.fromhex(first)) == 16


def test_who_follows_an_order_on_the_board_sees_that_order_only() -> None:
    order, other = then(placed("041"), PREPARING), then(placed("042"), PREPARING)
    mine = everything_about(BOARD, order=order)
    assert [event["data"]["number"] for event in seen(mine, announced(order))] == ["041"]
    assert seen(mine, announced(other)) == []


def test_an_order_event_without_an_order_is_refused() -> None:
    with pytest.raises(ValidationError):
        ring_event(ORDER_EVENTS, newsletter("Not an order"))


def test_no_view_has_a_line_break_which_would_break_the_stream() -> None:
    for shown in (
        announced(then(placed(), PREPARING)),
        ring_event("coupons", newsletter("a\r\nb", "c\n\nd")),
    ):
        assert not any(b"\n" in view or b"\r" in view for view in shown.views.values())
