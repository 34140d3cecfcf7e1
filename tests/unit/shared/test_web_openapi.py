"""The OpenAPI document describes every operation of the table."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from notifier.app import NOTIFIER_OPERATIONS
from shared.web.openapi import OPENAPI_DOCUMENT, openapi_document
from shared.web.operation import FOR_STAFF
from shared.web.service import OPERATIONS
from tests.support.web import Counter, counter_app


@pytest.fixture
def document() -> dict[str, Any]:
    parsed: dict[str, Any] = json.loads(counter_app(Counter())[OPENAPI_DOCUMENT])
    return parsed


def described(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for methods in document["paths"].values():
        yield from methods.values()


def test_it_is_valid_openapi_3_1(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1")
    assert [*OpenAPIV31SpecValidator(document).iter_errors()] == []


def test_every_documented_operation_is_in_it(document: dict[str, Any]) -> None:
    table = {
        (operation.path, operation.method.lower())
        for operation in counter_app(Counter())[OPERATIONS]
        if operation.documented
    }
    assert {(path, method) for path in document["paths"] for method in document["paths"][path]} == (
        table
    )
    assert ("/healthz", "get") in table
    assert ("/docs", "get") not in table


def test_operations_have_ids_of_their_own(document: dict[str, Any]) -> None:
    ids = [operation["operationId"] for operation in described(document)]
    assert "place_order" in ids
    assert len(ids) == len(set(ids))


def test_the_table_decides_who_needs_a_key(document: dict[str, Any]) -> None:
    for operation in counter_app(Counter())[OPERATIONS]:
        if operation.documented:
            described_as = document["paths"][operation.path][operation.method.lower()]
            assert ("security" in described_as) == (operation.role in FOR_STAFF)
            assert ("401" in described_as["responses"]) == (operation.role in FOR_STAFF)


def test_a_subscription_needs_its_manage_token_or_the_staff_key() -> None:
    document = openapi_document("A notifier", NOTIFIER_OPERATIONS)
    either: list[Any] = [{"manage": []}, {"staff": ["manager"]}, {"session": ["manager"]}]
    held = document["paths"]["/subscriptions/{id}"]
    assert held["get"]["security"] == held["delete"]["security"] == either
    for below in ("resume", "secret", "deliveries/{delivery_id}/redeliver"):
        assert document["paths"][f"/subscriptions/{{id}}/{below}"]["post"]["security"] == either
    confirmed = document["paths"]["/subscriptions/{id}/confirm"]["post"]
    assert "security" not in confirmed  # its token is in the body
    schemes = document["components"]["securitySchemes"]
    assert schemes["manage"] == schemes["staff"] == {"type": "http", "scheme": "bearer"}
    session = {name: schemes["session"][name] for name in ("type", "in", "name")}
    assert session == {"type": "apiKey", "in": "cookie", "name": "coffee-staff"}


def test_requests_and_responses_have_schemas(document: dict[str, Any]) -> None:
    place = document["paths"]["/orders"]["post"]
    sent = place["requestBody"]["content"]["application/json"]["schema"]
    answered = place["responses"]["201"]["content"]["application/json"]["schema"]
    assert sent == {"$ref": "#/components/schemas/PlaceOrder"}
    assert answered == {"$ref": "#/components/schemas/Receipt"}
    limit = document["paths"]["/orders"]["get"]["parameters"][0]
    assert limit["schema"] == {"type": "integer", "minimum": 1, "maximum": 100}


def test_a_body_brings_all_the_ways_to_refuse_it(document: dict[str, Any]) -> None:
    responses = document["paths"]["/orders"]["post"]["responses"]
    assert {"400", "408", "413", "415", "422", "503"} <= set(responses)
    malformed = responses["400"]["content"]["application/problem+json"]
    assert malformed["schema"] == {"$ref": "#/components/schemas/Problem"}
    assert "malformed-json" in malformed["examples"]
    assert "Retry-After" in responses["503"]["headers"]


def test_every_response_has_a_correlation_id(document: dict[str, Any]) -> None:
    for operation in described(document):
        for response in operation["responses"].values():
            assert "X-Correlation-ID" in response["headers"]
