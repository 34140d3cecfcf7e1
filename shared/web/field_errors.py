"""Pydantic's errors as errors of fields, in plain words and without what was sent."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from shared.domain.errors import FieldError
from shared.runtime.validation import plain_message
from shared.web.problem import Problem, ProblemKind

_TAG_ERRORS = frozenset({"union_tag_invalid", "union_tag_not_found"})
"""The types of error of a union's discriminator, which pydantic's path leaves out."""

MOST_ERRORS = 500
"""Limits the response to a body that consists of errors. The largest order has 482 values."""


def field_errors_of(error: ValidationError, sent: object) -> list[FieldError]:
    """List the errors that validating `sent` (the parsed JSON) found."""
    details = error.errors(include_url=False, include_context=True, include_input=False)
    return [FieldError(tuple(_path(found, sent)), plain_message(found)) for found in details]


def invalid(kind: ProblemKind, what: str, errors: Sequence[FieldError]) -> Problem:
    """Make the problem for a body or a query: it lists the first MOST_ERRORS, and counts all."""
    detail = f"the {what} has {len(errors)} error(s)"
    if len(errors) > MOST_ERRORS:
        detail += f": the first {MOST_ERRORS}, and {len(errors) - MOST_ERRORS} more"
    return Problem(kind, detail, field_errors=errors[:MOST_ERRORS])


def _path(found: ErrorDetails, sent: object) -> Iterator[str | int]:
    """Keep of pydantic's path what is in the JSON; it also names branches of unions."""
    here: Any = sent
    for step in found["loc"]:
        if _is_inside(here, step):
            here = here[step]
            yield step
        elif found["type"] == "missing" and step == found["loc"][-1]:
            yield step
    if found["type"] in _TAG_ERRORS:
        yield found["ctx"]["discriminator"].strip("'")


def _is_inside(value: object, step: str | int) -> bool:
    if isinstance(value, list):
        return isinstance(step, int) and step < len(value)
    return isinstance(value, dict) and step in value
