"""What pydantic found wrong, told as faults with JSON pointers and without what was sent."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from shared.domain.errors import FieldError

_TAG_FAULTS = frozenset({"union_tag_invalid", "union_tag_not_found"})
"""The faults of the field that tells which kind of object this is."""

MOST_FAULTS = 256
"""More than anybody reads; bounds the answer to a body that is made of faults."""


def field_errors_of(error: ValidationError, sent: object) -> list[FieldError]:
    """List the first MOST_FAULTS faults that validating `sent` (the parsed JSON) brought up."""
    details = error.errors(include_url=False, include_context=True, include_input=False)
    return [FieldError(_pointer(found, sent), _message(found)) for found in details[:MOST_FAULTS]]


def pointer(steps: Sequence[str | int]) -> str:
    """Write a path into a JSON value as RFC 6901 has it."""
    return "".join(f"/{str(step).replace('~', '~0').replace('/', '~1')}" for step in steps)


def _pointer(found: ErrorDetails, sent: object) -> str:
    return pointer(list(_steps(found, sent)))


def _steps(found: ErrorDetails, sent: object) -> Iterator[str | int]:
    """Keep of pydantic's path what is in the JSON; it also names branches of unions."""
    here: Any = sent
    for step in found["loc"]:
        if _is_inside(here, step):
            here = here[step]
            yield step
        elif found["type"] == "missing" and step == found["loc"][-1]:
            yield step
    if found["type"] in _TAG_FAULTS:
        yield found["ctx"]["discriminator"].strip("'")


def _is_inside(value: object, step: str | int) -> bool:
    if isinstance(value, list):
        return isinstance(step, int) and step < len(value)
    return isinstance(value, dict) and step in value


def _message(found: ErrorDetails) -> str:
    if found["type"] == "union_tag_invalid":
        return f"Input should be one of {found['ctx']['expected_tags']}"
    if found["type"] == "union_tag_not_found":
        return "Field required"
    return found["msg"]
