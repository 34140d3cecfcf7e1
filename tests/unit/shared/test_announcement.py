"""An order's event is the CloudEvent of the API's contract, and names no customer."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from shared.clock import rfc3339
from shared.domain.order import OrderState, advance, claim
from shared.messages.announcement import CloudEvent, order_event
from shared.messages.ticket import Ticket
from tests.support.orders import NOON, an_order

SECOND = dt.timedelta(seconds=1)


def test_the_event_of_a_ready_order_is_that_of_the_contract() -> None:
    order = replace(an_order("abc234"), number="042")
    order = claim(order, "ticket", NOON + SECOND, NOON + 30 * SECOND)
    order = advance(order, OrderState.READY, NOON + 2 * SECOND)
    assert json.loads(order_event(order).model_dump_json(exclude_none=True)) == {
        "specversion": "1.0",
        "id": "abc234:3",
        "source": "/stores/main",
        "type": "coffeeshop.order.ready.v1",
        "subject": "abc234",
        "time": "2026-11-20T12:00:02.000Z",
        "datacontenttype": "application/json",
        "correlationid": "abc",
        "data": {
            "order_id": "abc234",
            "number": "042",
            "state": "ready",
            "previous_state": "preparing",
            "version": 3,
            "attempt": 1,
        },
    }


def test_an_order_just_placed_had_no_state_before() -> None:
    event = json.loads(order_event(an_order("abc234")).model_dump_json(exclude_none=True))
    assert (event["id"], event["type"]) == ("abc234:1", "coffeeshop.order.placed.v1")
    assert event["data"]["previous_state"] is None


def test_a_change_is_announced_under_the_same_id_by_any_barista() -> None:
    order = claim(an_order(), "first", NOON, NOON + SECOND)
    again = claim(order, "second", NOON + SECOND, NOON + 2 * SECOND)
    assert order_event(order).id == order_event(again).id
    assert order_event(order).time == order_event(again).time


@given(name=st.text(min_size=5), note=st.text(min_size=5))
def test_neither_the_name_nor_the_note_is_in_the_event(name: str, note: str) -> None:
    order = an_order("abc234")
    items = (replace(order.items[0], note=f"<{note}>"),)
    plain = order_event(order)
    assert order_event(replace(order, customer_name=f"<{name}>", items=items)) == plain


@given(st.sampled_from(OrderState))
def test_an_event_is_read_as_it_was_written(state: OrderState) -> None:
    event = order_event(replace(an_order(), state=state))
    assert event.type == f"coffeeshop.order.{state}.v1"
    assert CloudEvent.model_validate_json(event.model_dump_json(exclude_none=True)) == event


@pytest.mark.parametrize("missing", ["id", "source", "type", "time", "data"])
def test_an_event_without_a_required_attribute_is_invalid(missing: str) -> None:
    event = order_event(an_order()).model_dump(mode="json")
    with pytest.raises(ValidationError, match=missing):
        CloudEvent.model_validate({key: value for key, value in event.items() if key != missing})


def test_a_ticket_names_its_order_and_ignores_unknown_fields() -> None:
    sent = {"order_id": "abc234", "store_id": "main", "correlation_id": "abc", "version": 4}
    read = Ticket.model_validate(sent | {"customer_name": "Ada"})
    assert json.loads(read.model_dump_json()) == sent


@pytest.mark.parametrize(
    ("hours", "written"),
    [(0, "2026-11-20T12:00:00.000Z"), (2, "2026-11-20T10:00:00.000Z")],
)
def test_a_point_in_time_is_written_in_utc_to_the_millisecond(hours: int, written: str) -> None:
    zone = dt.timezone(dt.timedelta(hours=hours))
    assert rfc3339(NOON.replace(tzinfo=zone)) == written
