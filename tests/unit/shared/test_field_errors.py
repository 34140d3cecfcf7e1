"""Errors of fields have the path in the JSON, and nothing of what was sent."""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field, RootModel, ValidationError

from shared.domain.errors import FieldError
from shared.web.field_errors import field_errors_of
from shared.web.problem import json_pointer


class Webhook(BaseModel):
    model_config = ConfigDict(extra="forbid")

    channel: Literal["webhook"]
    url: str


class Email(BaseModel):
    channel: Literal["email"]
    address: Annotated[str, Field(max_length=5)]


class Subscribe(RootModel[Annotated[Webhook | Email, Field(discriminator="channel")]]):
    pass


class Counts(BaseModel):
    counts: dict[Annotated[str, Field(max_length=3)], list[int]]


def found(model: type[BaseModel], sent: dict[str, Any]) -> list[FieldError]:
    with pytest.raises(ValidationError) as invalid:
        model.model_validate_json(json.dumps(sent), strict=True)
    return field_errors_of(invalid.value, sent)


def pointers(model: type[BaseModel], sent: dict[str, Any]) -> list[str]:
    return [json_pointer(error.path) for error in found(model, sent)]


def test_a_pointer_escapes_tildes_and_slashes() -> None:
    assert json_pointer(["a/b", 0, "~1"]) == "/a~1b/0/~01"


def test_the_branch_of_a_union_is_no_part_of_the_pointer() -> None:
    assert pointers(Subscribe, {"channel": "webhook", "url": 1}) == ["/url"]


def test_a_missing_field_is_pointed_at_where_it_should_be() -> None:
    assert pointers(Subscribe, {"channel": "webhook"}) == ["/url"]


def test_an_unknown_field_is_pointed_at() -> None:
    assert pointers(Subscribe, {"channel": "webhook", "url": "", "u/r~l": 1}) == ["/u~1r~0l"]


def test_errors_deep_inside_are_all_listed() -> None:
    sent = {"counts": {"a": [1, "2", True], "long name": []}}
    assert pointers(Counts, sent) == ["/counts/a/1", "/counts/a/2", "/counts/long name"]


def test_no_error_repeats_what_was_sent() -> None:
    errors = [
        *found(Subscribe, {"channel": "secret"}),
        *found(Subscribe, {"channel": "email", "address": "secret@example.com"}),
        *found(Counts, {"counts": {"a": ["secret"]}}),
    ]
    assert len(errors) == 3
    assert not [error for error in errors if "secret" in error.detail]
