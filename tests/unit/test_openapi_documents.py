"""The OpenAPI documents of both services and of the counter, as other people's tools read them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from openapi_schema_validator import OAS31Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

from notifier.app import NOTIFIER_OPERATIONS
from producer.app import CASHIER_OPERATIONS
from shared.web.health import HEALTH_OPERATIONS
from shared.web.openapi import openapi_document
from shared.web.pages.documentation import docs_operations

OF_ALL = (*HEALTH_OPERATIONS, *docs_operations())
TABLES = {
    "cashier": (*CASHIER_OPERATIONS, *OF_ALL),
    "notifier": (*NOTIFIER_OPERATIONS, *OF_ALL),
    "counter": (*CASHIER_OPERATIONS, *NOTIFIER_OPERATIONS, *OF_ALL),
}

Json = dict[str, Any]


@pytest.fixture(params=TABLES)
def document(request: pytest.FixtureRequest) -> Json:
    parsed: Json = json.loads(json.dumps(openapi_document("A shop", TABLES[request.param])))
    return parsed


def operations(document: Json) -> Iterator[Json]:
    for methods in document["paths"].values():
        yield from methods.values()


def objects(value: object) -> Iterator[Json]:
    """Every JSON object in a value, the value itself included."""
    if isinstance(value, dict):
        yield value
        for inner in value.values():
            yield from objects(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from objects(inner)


def validator(document: Json, schema: Json) -> OAS31Validator:
    rooted = {**schema, "components": document["components"]}
    return OAS31Validator(rooted, format_checker=OAS31Validator.FORMAT_CHECKER)


def test_the_specification_allows_all_of_it(document: Json) -> None:
    assert [error.message for error in OpenAPIV31SpecValidator(document).iter_errors()] == []


def test_a_schema_is_titled_as_it_is_named_so_that_generated_classes_do_not_collide(
    document: Json,
) -> None:
    schemas = document["components"]["schemas"]
    assert {name: schema["title"] for name, schema in schemas.items()} == {
        name: name for name in schemas
    }


def test_operation_ids_are_stable_words_whatever_else_is_served(document: Json) -> None:
    ids = [operation["operationId"] for operation in operations(document)]
    assert len(ids) == len(set(ids))
    assert [one for one in ids if not re.fullmatch(r"[a-z]+(_[a-z]+)*", one)] == []


def test_every_default_and_example_fits_its_own_schema(document: Json) -> None:
    checked = 0
    for schema in objects(document):
        if "type" not in schema and "anyOf" not in schema and "properties" not in schema:
            continue
        values = [schema["default"]] if "default" in schema else []
        values += schema.get("examples") or [] if isinstance(schema.get("examples"), list) else []
        for value in values:
            checked += 1
            assert [error.message for error in validator(document, schema).iter_errors(value)] == []
    assert checked


def test_every_example_of_an_answer_fits_the_schema_of_that_answer(document: Json) -> None:
    checked = 0
    for operation in operations(document):
        for response in operation["responses"].values():
            for media in response.get("content", {}).values():
                for example in media.get("examples", {}).values():
                    checked += 1
                    errors = validator(document, media["schema"]).iter_errors(example["value"])
                    assert [error.message for error in errors] == []
    assert checked


def test_every_point_in_time_says_so(document: Json) -> None:
    times = re.compile(r".*_at|at|since|until|old_until")
    for schema in document["components"]["schemas"].values():
        for name, described in schema.get("properties", {}).items():
            if times.fullmatch(name):
                kinds = [one for one in objects(described) if one.get("type") == "string"]
                assert [kind.get("format") for kind in kinds] == ["date-time"], name


def test_what_staff_may_do_beyond_others_says_that_it_takes_the_staff_key(document: Json) -> None:
    for path, methods in document["paths"].items():
        for operation in methods.values():
            if "401" in operation["responses"] and "links in mail" not in operation["tags"]:
                assert operation.get("security") or path.endswith("/confirm"), path
