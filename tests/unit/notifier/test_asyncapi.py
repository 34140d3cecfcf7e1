"""The AsyncAPI document: valid, complete, and closed to undeclared fields."""

from __future__ import annotations

import json
from typing import Any

import pytest

from notifier.asyncapi.document import asyncapi_document
from notifier.stream.selection import board_event
from shared.aws.names import Names
from shared.domain.order import OrderState
from shared.messages.announcement import CloudEvent, OrderChange, order_event
from shared.messages.topics import BUILT_IN_TOPICS
from tests.support.notifier import newsletter, placed, then
from tests.support.published import (
    document_errors,
    message_errors,
    references,
    resolves,
    schema_errors,
)

DOCUMENT = asyncapi_document({**BUILT_IN_TOPICS, "roast-of-the-day": ""}, Names("a-"))
HISTORY = (OrderState.PREPARING, OrderState.READY, OrderState.COLLECTED)


def sent(event: CloudEvent) -> dict[str, Any]:
    """The event as it crosses the wire."""
    parsed: dict[str, Any] = json.loads(event.model_dump_json(exclude_none=True))
    return parsed


def test_it_is_valid_asyncapi_3() -> None:
    assert DOCUMENT["asyncapi"] == "3.0.0"
    assert document_errors(DOCUMENT) == []


def test_the_official_schema_rejects_an_invalid_document() -> None:
    assert document_errors({**DOCUMENT, "channels": {"coupons": {"messages": []}}}) != []


def test_every_reference_leads_somewhere() -> None:
    found = references(DOCUMENT)
    assert len(found) > 20
    assert [reference for reference in found if not resolves(DOCUMENT, reference)] == []


def test_every_topic_is_a_channel_under_the_name_that_sns_knows() -> None:
    channels = DOCUMENT["channels"]
    for name in (*BUILT_IN_TOPICS, "roast-of-the-day"):
        assert channels[f"topic.{name}"]["bindings"]["sns"]["name"] == f"a-{name}"
    assert DOCUMENT["operations"]["announce.topic.coupons"]["action"] == "send"


def test_every_state_of_an_order_has_its_message_wherever_orders_are_announced() -> None:
    types = {f"coffeeshop.order.{state}.v1" for state in OrderState}
    for channel in ("topic.order-events", "live-stream", "webhook"):
        messages = DOCUMENT["channels"][channel]["messages"].values()
        assert types <= {message["name"] for message in messages}


@pytest.mark.parametrize("changes", range(len(HISTORY) + 1))
def test_events_of_orders_are_as_described(changes: int) -> None:
    event = order_event(then(placed(), *HISTORY[:changes]))
    assert message_errors(DOCUMENT, "live-stream", sent(event)) == []


def test_what_the_board_shows_is_as_described() -> None:
    event = order_event(then(placed(), *HISTORY[:1]))
    shown = board_event(event, OrderChange.model_validate(event.data))
    assert shown is not None
    assert message_errors(DOCUMENT, "live-stream", sent(shown)) == []


def test_a_newsletter_may_have_more_than_its_subject_and_body() -> None:
    issue = newsletter("Two for one")
    more = issue.model_copy(update={"data": {**issue.data, "code": "TWO"}})
    assert message_errors(DOCUMENT, "live-stream", sent(more)) == []


@pytest.mark.parametrize("changes", [0, 1])
def test_an_event_with_a_customers_name_is_not_one_of_ours(changes: int) -> None:
    event = sent(order_event(then(placed(), *HISTORY[:changes])))
    within = {**event, "data": {**event["data"], "customer_name": "Ada"}}
    beside = {**event, "customername": "Ada"}
    assert "customer_name" in message_errors(DOCUMENT, "live-stream", within)[0]
    assert "customername" in message_errors(DOCUMENT, "live-stream", beside)[0]


def test_an_event_whose_data_has_another_state_is_not_one_of_ours() -> None:
    event = sent(order_event(placed()))
    wrong = {**event, "data": {**event["data"], "state": "ready"}}
    assert message_errors(DOCUMENT, "live-stream", wrong) != []


@pytest.mark.parametrize("missing", ["specversion", "id", "source", "type", "time", "data"])
def test_nothing_that_an_event_needs_may_be_missing(missing: str) -> None:
    event = sent(order_event(placed()))
    kind = event["type"]
    del event[missing]
    (schema,) = (
        message["payload"]
        for message in DOCUMENT["channels"]["live-stream"]["messages"].values()
        if message["name"] == kind
    )
    assert schema_errors(DOCUMENT, schema, event) != []
